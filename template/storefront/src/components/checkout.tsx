"use client";

import { useEffect, useState } from "react";

import { explained } from "@/lib/browser";
import type { Cart } from "@/lib/cart";
import { countryName, formatMoney } from "@/lib/format";
import { beginCheckout, type Delivery, readDelivery } from "@/lib/orders";
import { checkout as texts } from "@/texts";

import { country as home } from "../../../vercel/store.json";
import { useCart } from "./cart-provider";
import { Row, Total } from "./row";

/** What the cart costs with its delivery, and the way to Stripe's page. */
export function Checkout({ cart }: { cart: Cart }) {
  const { busy, load } = useCart();
  const [delivery, setDelivery] = useState<Delivery | null>(null);
  const [country, setCountry] = useState(home);
  const [isLeaving, setLeaving] = useState(false);
  const [problem, setProblem] = useState("");

  useEffect(() => {
    readDelivery().then(setDelivery, (error) => setProblem(explained(error)));
    // Whoever comes back from Stripe's page may find this one as they left it.
    const onShow = ({ persisted }: PageTransitionEvent) => persisted && setLeaving(false);
    addEventListener("pageshow", onShow);
    return () => removeEventListener("pageshow", onShow);
  }, []);

  const destinations = delivery?.destinations ?? [];
  const destination = destinations.find((one) => one.country === country) ?? destinations[0];
  const total = cart.total_minor + (destination?.rate_minor ?? 0);
  const money = (minor: number) => (cart.currency ? formatMoney(minor, cart.currency) : "");

  async function onCheckout() {
    if (busy || isLeaving || !destination) return;
    setLeaving(true);
    setProblem("");
    try {
      location.assign(await beginCheckout(destination.country, total));
    } catch (error) {
      setProblem(explained(error));
      setLeaving(false);
      void load();
    }
  }

  return (
    <section className="stack" aria-label={texts.summary}>
      {cart.quantity > 0 && (
        <>
          <dl className="sums ruled">
            <Row name={texts.goods}>{money(cart.total_minor)}</Row>
            {destination && (
              <Row
                name={
                  <>
                    <label>
                      {texts.deliveryTo}{" "}
                      <select
                        value={destination.country}
                        onChange={({ target }) => setCountry(target.value)}
                      >
                        {destinations.map((one) => (
                          <option key={one.country} value={one.country}>
                            {countryName(one.country)}
                          </option>
                        ))}
                      </select>
                    </label>
                    <small>{texts.days(destination.days_min, destination.days_max)}</small>
                  </>
                }
              >
                {money(destination.rate_minor)}
              </Row>
            )}
            {destination && <Total amount={money(total)} />}
          </dl>
          {delivery?.checkout && (
            <button
              className="button"
              type="button"
              onClick={onCheckout}
              aria-disabled={busy || isLeaving}
            >
              {isLeaving ? texts.leaving : texts.start}
            </button>
          )}
          {delivery?.checkout && <p className="small soft">{texts.onStripe}</p>}
          {delivery && !delivery.checkout && <p>{texts.off}</p>}
        </>
      )}
      <p role="alert">{problem}</p>
    </section>
  );
}
