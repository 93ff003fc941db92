/**
 * Every word of the storefront that is not a product's. Another language is another such file.
 *
 * What stands in [square brackets] is for you to fill in.
 */

/** Also of how prices and sizes are written. */
export const language = "en";

export const shop = {
  description: (name: string) => `${name}: considered things for the home, made to be kept.`,
  claim: "Considered things for the home, made to be kept.",
  rights: (year: number, name: string) => `© ${year} ${name}`,
  skip: "Skip to content",
  menu: "Menu",
  close: "Close",
  navigation: "Categories",
  cart: "Shop",
  collection: "Collection",
  information: "Information",
  home: "Home",
  breadcrumbs: "You are here",
  soldOut: "Sold out",
  tryAgain: "That did not work. Please try again in a moment.",
  tooFast: "That was a lot at once. Please wait a minute and try again.",
};

export const search = {
  label: "Search products",
  placeholder: "Search",
  submit: "Search",
  title: "Search",
  everything: "Everything",
  seeEverything: "See everything",
  results: (query: string) => `Results for “${query}”`,
  count: (total: number) =>
    total === 1 ? "1 product" : total < 1000 ? `${total} products` : "1,000 products or more",
  nothing: "Nothing found. Try another word.",
  unreachable: "The catalogue cannot be reached right now. Please try again in a moment.",
  more: "See more",
  first: "Back to the first page",
};

export const filters = {
  title: "Filter and sort",
  material: "Material",
  allMaterials: "All materials",
  price: "Price",
  anyPrice: "Any price",
  upTo: (price: string) => `Up to ${price}`,
  between: (from: string, to: string) => `${from} to ${to}`,
  from: (price: string) => `${price} and more`,
  inStock: "In stock",
  sort: "Sort",
  sorted: { newest: "Newest first", price: "Price, low to high", "-price": "Price, high to low" },
  clear: "Clear all",
  nothing: "No product fits these filters.",
};

export const home = {
  heroAlt:
    "A white moon jar with olive twigs on an oak ledge, beside it a candle holder, a mug on sage plates, a tumbler and a pepper mill",
  title: "Few things, chosen to stay",
  lead: "Stoneware, oak, brass and wool for the table and the rooms around it.",
  leadLink: "See the collection",
  featured: "New in the house",
  categories: "Categories",
  story: "Made slowly, used daily",
  storyText: [
    "We work with small workshops that know one material well: a potter, a turner, a weaver. What they make is plain at first sight and better at the second, when the hand finds the foot of a cup or the edge of a tray.",
    "Nothing here follows a season. A thing stays in the shop for as long as it can be made well, and can be repaired when it has been used well.",
  ],
  storyAlt: "A glowing opal glass lamp and two books on a round travertine table",
  more: "Also in the collection",
  preparing: "The catalogue is being prepared. Please come back in a little while.",
};

/** By the category's name. */
export const categoryIntros: Record<string, string> = {
  Tableware: "Plates, cups and bowls that are at ease together, and with what you have.",
  Kitchen: "Tools that stand in the open because they are used every day.",
  Lighting: "Warm, low light for the hours after work.",
  Textiles: "Wool and linen, woven close and left in their own colours.",
  Objects: "For a shelf, a sill or the middle of a table.",
  Furniture: "Small pieces in oak and stone that find a place in any room.",
};

export const product = {
  taxNote: "Tax included, delivery is added.",
  inStock: "In stock, ready to send",
  left: (count: number) => `Only ${count} left`,
  material: "Material",
  size: "Size",
  weight: "Weight",
  sides: { diameter: "Ø", width: "W", depth: "D", height: "H" },
  delivery: "Delivery",
  deliveryText: "[Say where to, how long, and the price.]",
  aboutDelivery: "About delivery",
  returns: "Returns",
  returnsText: "You may send anything back within 14 days, without a reason.",
  aboutReturns: "About returns",
  pictures: "Pictures",
  related: "Goes well with it",
  quantity: "Quantity",
  add: "Add to cart",
  added: "In your cart.",
  viewCart: "View cart",
};

export const cart = {
  link: "Cart",
  count: (count: number) => (count === 1 ? ", 1 item" : `, ${count} items`),
  title: "Your cart",
  loading: "Loading…",
  again: "Load the cart again",
  empty: "Nothing in it yet.",
  emptyLink: "See the collection",
  unavailable: "No longer available",
  remove: "Remove",
  removeIt: (name: string) => `Remove ${name}`,
  quantityOf: (name: string) => `Quantity of ${name}`,
  less: "One less",
  more: "One more",
  isIn: (name: string, count: number) => `${name} is in your cart: ${count}.`,
  changed: (name: string, quantity: number) => `${name}: ${quantity}.`,
  removed: (name: string) => `${name} removed.`,
  totalIs: (price: string) => `Total ${price}.`,
  isEmpty: "Your cart is empty.",
  opensSoon: "The cart opens soon.",
  notSold: "This is no longer sold.",
  notSoMany: "There are not that many left.",
};

export const checkout = {
  summary: "Summary",
  goods: "Subtotal",
  deliveryTo: "Delivery to",
  days: (from: number, to: number) => `${from} to ${to} working days`,
  total: "Total",
  tax: "Tax included.",
  start: "Go to checkout",
  leaving: "One moment…",
  onStripe: "Address and payment on Stripe’s secure page. 14 days to send it back.",
  off: "You can order here soon.",
  changed: "A price or what is left has changed. Please look over your cart.",
  unavailable: "Payment is not possible right now. Nothing was charged.",
  isPaid: "You have paid this order.",
};

export const order = {
  title: "Your order",
  loading: "One moment…",
  headings: {
    open: "Waiting for your payment",
    pending: "Your payment is on its way",
    paid: "Thank you",
    sent: "Your order is on its way",
    refunded: "Your money is on its way back",
    expired: "This order was not paid",
    review: "We are looking at your order",
  },
  explanations: {
    open: "This page changes as soon as your payment is confirmed.",
    pending: "Your bank takes a few days. We send your order as soon as it is paid.",
    paid: "Your order is placed. We send it within two working days. The receipt comes by e-mail.",
    sent: "It arrives in a few days.",
    refunded: "It takes your bank a few days.",
    expired: "Nothing was charged.",
    review: "Something about the payment needs a person. Please write to us with the order number.",
  },
  absent: "Only the browser that placed an order can open it. The receipt is in your e-mail.",
  unreachable: "Your order cannot be shown right now. Please load this page again in a moment.",
  number: "Order number",
  line: (quantity: number, name: string) => `${quantity} × ${name}`,
  delivery: (country: string) => `Delivery to ${country}`,
  refunded: "Refunded",
  withdrawn: "You have withdrawn from this order.",
};

export const withdrawal = {
  title: "Withdraw from a contract",
  link: "Withdraw from a contract here",
  text: "Within 14 days after your order has arrived you may withdraw from it, without a reason.",
  fields: {
    name: "Your name",
    number: "Order number",
    email: "E-mail address",
    statement: "If it is not all of it: what you withdraw from",
  },
  submit: "Continue",
  check: "Please look over your withdrawal.",
  confirm: "Confirm withdrawal",
  back: "Change it",
  received: "We have received your withdrawal. Please print or save this page.",
  receivedAt: "Received",
};

export const notices = {
  notFound: "Page not found",
  notFoundText: "It may have moved, or the product is no longer sold.",
  wrong: "Something went wrong",
  wrongPage: "This page could not be loaded. Your cart is safe.",
  wrongShop: "The shop could not be loaded. Your cart is safe.",
  tryAgain: "Try again",
};

/** Pages that the law of most European countries asks for. Have yours looked over by a lawyer. */
export const pages: { slug: string; title: string; paragraphs: string[] }[] = [
  {
    slug: "delivery",
    title: "Delivery",
    paragraphs: [
      "[Name the countries that you send to, with the price and the time for each.]",
      "The page of your order says when your parcel is on its way.",
      "If something arrives broken, write to us within a few days. We send another or pay the price back.",
    ],
  },
  {
    slug: "withdrawal",
    title: "Returns",
    paragraphs: [
      "You may withdraw from a purchase within 14 days after the last part of it has arrived, without a reason.",
      "[Say how a customer tells you, who pays for the way back, and within which time you pay the price back. Add the model withdrawal form.]",
    ],
  },
  {
    slug: "contact",
    title: "Contact",
    paragraphs: ["[Your e-mail address, telephone number and the hours in which you answer.]"],
  },
  {
    slug: "terms",
    title: "Terms",
    paragraphs: [
      "[Your terms: who sells, when a contract is made, prices and taxes, payment, delivery, warranty, the law that applies.]",
    ],
  },
  {
    slug: "privacy",
    title: "Privacy",
    paragraphs: [
      "[Who is responsible, and how to reach them.]",
      "[What is kept of visitors and customers, what for, on which legal ground, for how long, and who processes it for you: the hosts, error reports, and session replay where a visitor has agreed to it.]",
      "[Their rights: access, correction, erasure, portability, objection, and complaint to an authority.]",
    ],
  },
  {
    slug: "imprint",
    title: "Imprint",
    paragraphs: [
      "[Name and legal form of the seller, address, e-mail address, telephone number.]",
      "[Where you are registered and under which number, your VAT number, and who represents the seller.]",
    ],
  },
];

export const toFillIn = "To fill in";
