import store from "@/store";

/** The brand's colours, for globals.css. */
export function BrandStyle() {
  const { light, dark } = store.colours;
  return (
    <style href="brand" precedence="brand">
      {`:root{${properties(light)}}@media(prefers-color-scheme:dark){:root{${properties(dark)}}}`}
    </style>
  );
}

function properties(colours: Record<string, string>): string {
  return Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(";");
}
