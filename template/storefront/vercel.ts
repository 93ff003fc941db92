import config from "../vercel/vercel.json";

export { config };
