// Beside a product's form: shows the pictures that are named in it, and uploads more.
const field = document.getElementById("pictures");
const shown = document.createElement("div");
const chosen = document.createElement("input");
const told = document.createElement("p");
Object.assign(shown, { className: "d-flex flex-wrap gap-2 my-2" });
Object.assign(chosen, { type: "file", multiple: true, accept: "image/*", className: "form-control" });
chosen.setAttribute("aria-label", "Upload pictures");
told.setAttribute("role", "status");
field.after(shown, chosen, told);

function show() {
  const names = field.value.split("\n").map((line) => line.trim().split(" ")[0]);
  shown.replaceChildren(
    ...names.filter(Boolean).map((name) => {
      const picture = new Image(80);
      picture.src = `/admin/product/picture?name=${encodeURIComponent(name)}`;
      picture.alt = name;
      return picture;
    }),
  );
}

async function answered(request) {
  const response = await request;
  if (!response.ok || response.redirected) throw new Error(await response.text());
  return response.json();
}

async function upload(file) {
  const signed = await answered(fetch("/admin/product/sign", { method: "POST" }));
  const form = new FormData();
  for (const [name, value] of Object.entries(signed.parameters)) form.set(name, value);
  form.set("api_key", signed.api_key);
  form.set("signature", signed.signature);
  form.set("file", file);
  const { public_id } = await answered(fetch(signed.url, { method: "POST", body: form }));
  field.value = `${field.value.trimEnd()}\n${public_id} `.trimStart();
  show();
}

chosen.addEventListener("change", async () => {
  for (const file of chosen.files) {
    told.textContent = `Uploading ${file.name} …`;
    try {
      await upload(file);
      told.textContent = "Say behind each name what the picture shows, and save.";
    } catch (error) {
      told.textContent = `${file.name} was not uploaded: ${error.message}`;
      break;
    }
  }
  chosen.value = "";
});
field.addEventListener("change", show);
show();
