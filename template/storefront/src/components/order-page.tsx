"use client";

import { report } from "@monitoring/browser/report";
import { useEffect, useState } from "react";

import { Refusal } from "@/lib/browser";
import { countryName, formatMoney } from "@/lib/format";
import { type Order, readOrder } from "@/lib/orders";
import { cart, order as texts, withdrawal } from "@/texts";

import { useCart } from "./cart-provider";
import { Link, productPath } from "./link";
import { Notice } from "./notice";
import { Row, Total } from "./row";

const NOT_SETTLED: Order["status"][] = ["open", "pending"];
const MAY_WITHDRAW: Order["status"][] = ["pending", "paid", "review"];
const ASK_AGAIN_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const LAST_WAIT_MS = 30_000;

/** Only the browser that has ordered is told anything. */
export function OrderPage({ number }: { number: string }) {
  const { load } = useCart();
  const [order, setOrder] = useState<Order | null>(null);
  const [problem, setProblem] = useState("");

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isGone = false;
    const ask = async ([wait = LAST_WAIT_MS, ...rest]: number[]) => {
      try {
        const read = await readOrder(number);
        setOrder(read);
        if (!NOT_SETTLED.includes(read.status)) return void load();
        // A bank takes days.
        if (read.status === "pending" && rest.length === 0) return;
      } catch (error) {
        if (error instanceof Refusal) return setProblem(texts.absent);
        report(error);
        setProblem(texts.unreachable);
      }
      if (!isGone) timer = setTimeout(ask, wait, rest);
    };
    void ask(ASK_AGAIN_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [number, load]);

  if (!order) {
    return (
      <Notice title={problem ? texts.title : texts.loading}>
        <p role="status">{problem}</p>
      </Notice>
    );
  }
  const status = order.status === "paid" && order.sent_at ? "sent" : order.status;
  const money = (minor: number) => formatMoney(minor, order.currency);
  return (
    <article className="letter stack">
      <h1>{texts.headings[status]}</h1>
      <p role="status">{texts.explanations[status]}</p>
      <p>
        {texts.number} <strong>{order.number}</strong>
      </p>
      <dl className="sums ruled">
        {order.items.map(({ slug, name, quantity, price_minor }) => (
          <Row key={slug} name={<Link href={productPath(slug)}>{texts.line(quantity, name)}</Link>}>
            {money(quantity * price_minor)}
          </Row>
        ))}
        <Row name={texts.delivery(countryName(order.country))}>{money(order.shipping_minor)}</Row>
        <Total amount={money(order.total_minor)} />
        {order.refunded_minor > 0 && <Row name={texts.refunded}>{money(order.refunded_minor)}</Row>}
      </dl>
      <p>
        <Link href="/search">{cart.emptyLink}</Link>
      </p>
      {MAY_WITHDRAW.includes(order.status) && (
        <p className="quiet">
          {order.withdrawn_at ? texts.withdrawn : <a href="/withdrawal">{withdrawal.link}</a>}
        </p>
      )}
    </article>
  );
}
