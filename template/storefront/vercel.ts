export { config } from "../vercel/config";
