import { cart } from "@/texts";

interface Props {
  label: string;
  value: number;
  max: number;
  onStep: (by: number) => void;
  /** Whether nothing else says what it has become. */
  isAlone?: boolean;
}

export function Quantity({ label, value, max, onStep, isAlone = false }: Props) {
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
      <span aria-live={isAlone ? "polite" : "off"}>{value}</span>
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
