import type { Metadata } from "next";
import { connection } from "next/server";

import { WithdrawalForm } from "@/components/withdrawal-form";
import { withdrawal } from "@/texts";

export const metadata: Metadata = { title: withdrawal.title, robots: { index: false } };

/** Article 11a of directive 2011/83/EU asks for it since June 2026, beside the text about it. */
export default async function WithdrawalPage() {
  // A page that is made at build time could have no nonce.
  await connection();
  return (
    <section className="letter stack">
      <h1>{withdrawal.title}</h1>
      <WithdrawalForm />
    </section>
  );
}
