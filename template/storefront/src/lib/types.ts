import type { components } from "./api-schema";

type Schemas = components["schemas"];

export type Product = Schemas["ProductView"];
export type ProductList = Schemas["ProductPage"];
export type Cart = Schemas["CartView"];
export type CartItem = Schemas["CartLine"];
export type CartAddition = Schemas["Addition"];
export type CartChange = Schemas["Change"];
export type Problem = Schemas["Problem"];
