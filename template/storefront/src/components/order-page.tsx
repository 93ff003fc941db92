"use client";

import { report } from "@monitoring/browser/report";
import Link from "next/link";
import { useEffect, useState } from "react";

import { Refusal } from "@/lib/browser";
import { countryName, formatMoney } from "@/lib/format";
import { type Order, readOrder } from "@/lib/orders";
import { productPath } from "@/lib/paths";
import { cart, order as texts, withdrawal } from "@/texts";

import { useCart } from "./cart-provider";
import { Notice } from "./notice";
import { Sum, Total } from "./sum";

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
    <article className="letter">
      <h1>{texts.headings[status]}</h1>
      <p role="status">{texts.explanations[status]}</p>
      <p>
        {texts.number} <strong>{order.number}</strong>
      </p>
      <dl className="sums">
        {order.items.map(({ slug, name, quantity, price_minor }) => (
          <Sum
            key={slug}
            name={
              <Link href={productPath(slug)} prefetch={false}>
                {texts.line(quantity, name)}
              </Link>
            }
            amount={money(quantity * price_minor)}
          />
        ))}
        <Sum
          name={texts.delivery(countryName(order.country))}
          amount={money(order.shipping_minor)}
        />
        <Total amount={money(order.total_minor)} />
        {order.refunded_minor > 0 && (
          <Sum name={texts.refunded} amount={money(order.refunded_minor)} />
        )}
      </dl>
      <p>
        <Link href="/search" prefetch={false}>
          {cart.emptyLink}
        </Link>
      </p>
      {MAY_WITHDRAW.includes(order.status) && (
        <p className="quiet">
          {order.withdrawn_at ? texts.withdrawn : <a href="/withdrawal">{withdrawal.link}</a>}
        </p>
      )}
    </article>
  );
}
