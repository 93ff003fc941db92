export interface Product {
  id: string;
  slug: string;
  name: string;
  description: string;
  price_minor: number;
  currency: string;
  /** A Cloudinary public id, or a path of this site when it begins with a slash. */
  image: string | null;
}

export interface ProductList {
  items: Product[];
  next_cursor: string | null;
}

export interface CartItem {
  product_id: string;
  slug: string;
  name: string;
  image: string | null;
  price_minor: number;
  quantity: number;
  line_total_minor: number;
  available: boolean;
}

export interface Cart {
  items: CartItem[];
  /** Pieces that are available, and what they cost. */
  quantity: number;
  total_minor: number;
  currency: string | null;
}
