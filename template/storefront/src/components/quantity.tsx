import { cart } from "@/texts";

interface Props {
  label: string;
  value: number;
  max: number;
  onStep: (by: number) => void;
}

export function Quantity({ label, value, max, onStep }: Props) {
  return (
    <div className="quantity" role="group" aria-label={label}>
      <button
        type="button"
        aria-label={cart.less}
        aria-disabled={value <= 1}
        onClick={() => value > 1 && onStep(-1)}
      >
        −
      </button>
      <output>{value}</output>
      <button
        type="button"
        aria-label={cart.more}
        aria-disabled={value >= max}
        onClick={() => value < max && onStep(1)}
      >
        +
      </button>
    </div>
  );
}
