export { onRequestError, register } from "../../monitoring/server";
