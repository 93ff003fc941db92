"use client";

import { type FormEvent, useState } from "react";

import { explained } from "@/lib/browser";
import { formatTime } from "@/lib/format";
import { type Receipt, type Withdrawal, withdraw } from "@/lib/orders";
import { withdrawal as texts } from "@/texts";

import { Row } from "./row";

const NOTHING: Withdrawal = { name: "", number: "", email: "", statement: "" };
const FIELDS = ["name", "number", "email", "statement"] as const;
const LONGEST = { name: 200, number: 40, email: 254, statement: 2000 };
const COMPLETED_BY: Record<string, string> = { name: "name", email: "email" };

/** First what is withdrawn from, then the confirmation, then a receipt to keep. */
export function WithdrawalForm() {
  const [given, setGiven] = useState(NOTHING);
  const [isFilledIn, setFilledIn] = useState(false);
  const [receipt, setReceipt] = useState<Receipt | null>(null);
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState("");

  function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    // Spaces fill a field in for the browser, and not for the API.
    if (given.name.trim() && given.number.trim()) setFilledIn(true);
  }

  async function onConfirm() {
    if (isSending) return;
    setSending(true);
    setProblem("");
    try {
      setReceipt(await withdraw(given));
    } catch (error) {
      setProblem(explained(error));
    }
    setSending(false);
  }

  if (!isFilledIn) {
    return (
      <form className="form stack" onSubmit={onSubmit}>
        <p>{texts.text}</p>
        {FIELDS.map((name) => (
          <label className="small soft" key={name}>
            {texts.fields[name]}
            <input
              type={name === "email" ? "email" : "text"}
              autoComplete={COMPLETED_BY[name] ?? "off"}
              maxLength={LONGEST[name]}
              required={name !== "statement"}
              value={given[name]}
              onChange={({ target }) => setGiven({ ...given, [name]: target.value })}
            />
          </label>
        ))}
        <button className="button" type="submit">
          {texts.submit}
        </button>
      </form>
    );
  }
  const shown = receipt ?? given;
  return (
    <div className="form stack">
      <p role="status" tabIndex={-1} ref={takeFocus}>
        {receipt ? texts.received : texts.check}
      </p>
      <dl className="facts fine ruled">
        {FIELDS.filter((name) => shown[name]).map((name) => (
          <Row key={name} name={texts.fields[name]}>
            {shown[name]}
          </Row>
        ))}
        {receipt && <Row name={texts.receivedAt}>{formatTime(receipt.received_at)}</Row>}
      </dl>
      {!receipt && (
        <p className="form-end row">
          <button className="button" type="button" onClick={onConfirm} aria-disabled={isSending}>
            {texts.confirm}
          </button>
          <button className="link" type="button" onClick={() => !isSending && setFilledIn(false)}>
            {texts.back}
          </button>
        </p>
      )}
      <p role="alert">{problem}</p>
    </div>
  );
}

/** The focused button went away with the form. */
function takeFocus(element: HTMLElement | null) {
  element?.focus();
}
