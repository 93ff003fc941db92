import { reportWith } from "../../monitoring/server";

export const { onRequestError, register } = reportWith(() => import("@sentry/nextjs"));
