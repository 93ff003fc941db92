"use client";

import { report } from "@monitoring/browser/report";
import { useEffect } from "react";
import { Notice } from "@/components/notice";
import { notices } from "@/texts";

export default function ErrorPage({ error, retry }: { error: Error; retry: () => void }) {
  useEffect(() => report(error), [error]);
  return (
    <Notice title={notices.wrong} text={notices.wrongPage}>
      <title>{notices.wrong}</title>
      <p>
        <button className="button" type="button" onClick={() => retry()}>
          {notices.tryAgain}
        </button>
      </p>
    </Notice>
  );
}
