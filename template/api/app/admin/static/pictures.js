// Beside a product's form: shows the pictures that are named in it, and uploads more.
const field = document.getElementById("pictures");
const shown = Object.assign(document.createElement("div"), { className: "d-flex gap-2 my-2" });
const told = Object.assign(document.createElement("p"), { role: "status" });
const chosen = Object.assign(document.createElement("input"), {
  type: "file",
  multiple: true,
  accept: "image/*",
  ariaLabel: "Upload pictures",
  className: "form-control",
});

function show() {
  const names = field.value.split("\n").map((line) => line.trim().split(" ")[0]);
  const pictures = names.filter(Boolean).map((name) => {
    const src = `/admin/product/picture?name=${encodeURIComponent(name)}`;
    return Object.assign(new Image(80), { src, alt: name });
  });
  shown.replaceChildren(...pictures);
}

async function ask(address, body) {
  const response = await fetch(address, { method: "POST", body });
  // It leads to the login when the session is over.
  if (!response.ok || response.redirected) throw new Error(await response.text());
  return response.json();
}

async function upload(file) {
  const { url, parameters, api_key, signature } = await ask("/admin/product/sign");
  const form = new FormData();
  const fields = { ...parameters, api_key, signature, file };
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const { public_id } = await ask(url, form);
  field.value = `${field.value.trimEnd()}\n${public_id} `.trimStart();
  show();
}

chosen.addEventListener("change", async () => {
  try {
    for (const file of chosen.files) {
      told.textContent = `Uploading ${file.name} …`;
      await upload(file);
    }
    told.textContent = "Write behind each name what the picture shows, and save.";
  } catch (error) {
    told.textContent = `It was not uploaded: ${error.message}`;
  }
  chosen.value = "";
});
field.addEventListener("change", show);
field.after(shown, chosen, told);
show();
