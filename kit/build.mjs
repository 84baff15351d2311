// Builds what pages load and we did not write from the packages beside this file: `node build.mjs TARGET`.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import rtlcss from "rtlcss";
import * as sass from "sass";
import subsetFont from "subset-font";

const target = process.argv[2];
const from = (...path) => join("node_modules", ...path);
const BUNDLES = ["tom-select.js", "sortable.js", "echarts.js"];
const SCRIPTS = { "htmx.js": from("htmx.org", "dist", "htmx.min.js") };
const FONTS = [
  { folder: from("@fontsource-variable", "inter"), sheet: "wght.css", wanted: /^inter-/ },
  { folder: from("@fontsource", "noto-sans-arabic"), sheet: "400.css", wanted: /^noto-sans-arabic-arabic-/ },
  { folder: from("@fontsource", "noto-sans-arabic"), sheet: "600.css", wanted: /^noto-sans-arabic-arabic-/ },
];

// The characters that Arabic, Persian and Urdu are written in, which are less than half of what the font can do.
const COMMON = { range: "U+0600-06FF,U+200C-200E", first: 0x600, last: 0x6ff, joiners: "\u200c\u200d\u200e" };

// Faces with a range of characters each: browsers fetch a file only when a page holds one of them.
async function fonts({ folder, sheet, wanted }) {
  const faces = (await readFile(join(folder, sheet), "utf8")).match(/@font-face \{[^}]*\}/g);
  const kept = await Promise.all(faces.map(async (face) => {
    const name = /files\/([^)]+\.woff2)/.exec(face)[1];
    if (!wanted.test(name)) return "";
    const content = await readFile(join(folder, "files", name));
    const isArabic = face.includes("U+0600-06FF");
    const rare = face.replace(/U\+0600-06FF,|U\+200C-200E,/g, "");
    return (isArabic ? await common(face, name, content) : "") + (await addressed(rare, name, content));
  }));
  return kept.join("");
}

async function common(face, name, content) {
  const letters = Array.from({ length: COMMON.last - COMMON.first + 1 }, (_, at) => String.fromCodePoint(COMMON.first + at));
  const smaller = await subsetFont(content, letters.join("") + COMMON.joiners, { targetFormat: "woff2" });
  return addressed(face.replace(/unicode-range: [^;]+/, `unicode-range: ${COMMON.range}`), name.replace("-arabic-arabic-", "-arabic-common-"), smaller);
}

// The address has the same mark of its content as app/web/assets.py makes.
async function addressed(face, name, content) {
  await writeFile(join(target, name), content);
  const mark = createHash("sha256").update(content).digest("hex").slice(0, 12);
  return face.replace(/src: [^;]+;/, `src: url(${name}?v=${mark}) format("woff2");`).replace(/\s+/g, " ");
}

// Our own styles stand in no layer, so they win over these whatever the selectors say.
async function styles() {
  const faces = (await Promise.all(FONTS.map(fonts))).join("");
  const { css } = sass.compile("look.scss", { style: "compressed", loadPaths: ["node_modules"], quietDeps: true });
  const plain = css.replace(/^\uFEFF/, "");
  await writeFile(join(target, "look.css"), `${faces}@layer kit{${plain}}`);
  await writeFile(join(target, "look.rtl.css"), `${faces}@layer kit{${rtlcss.process(plain)}}`);
}

// One sprite of the drawings that icons.json names in our own words.
async function icons() {
  const names = JSON.parse(await readFile("icons.json", "utf8"));
  const symbols = await Promise.all(Object.entries(names).map(async ([name, drawing]) => {
    const svg = await readFile(from("@tabler", "icons", "icons", "outline", `${drawing}.svg`), "utf8");
    const shapes = svg.replace(/^[\s\S]*?<svg[^>]*>|<\/svg>|<path stroke="none"[^>]*\/>/g, "").replace(/\s*\n\s*/g, "");
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
  }));
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg"><defs>\n${symbols.join("\n")}\n</defs></svg>\n`;
  await writeFile(join(target, "icons.svg"), sprite);
}

// Of a large package what we use of it, by the files beside this one; answers the packages that came along.
async function bundles() {
  const { metafile } = await build({
    entryPoints: BUNDLES, outdir: target, bundle: true, minify: true, format: "iife", target: "es2022",
    legalComments: "none", metafile: true, logLevel: "warning",
  });
  return Object.keys(metafile.inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(path)?.[1]);
}

// What their authors ask of whoever passes their work on.
async function licences(bundled) {
  const { dependencies } = JSON.parse(await readFile("package.json", "utf8"));
  const names = new Set([...Object.keys(dependencies), ...bundled.filter(Boolean)]);
  const texts = await Promise.all([...names].map(async (name) => {
    const files = (await readdir(from(name), { recursive: true, withFileTypes: true }))
      .filter((one) => one.isFile() && /^(licen[cs]e|notice)/i.test(one.name) && /^(licen[cs]es)?$/i.test(one.parentPath.slice(from(name).length + 1)));
    const found = await Promise.all(files.map((one) => readFile(join(one.parentPath, one.name), "utf8")));
    return found.length ? `${name}\n\n${found.join("\n\n")}` : `${name}: ${JSON.parse(await readFile(from(name, "package.json"), "utf8")).license}`;
  }));
  await writeFile(join(target, "LICENCES.txt"), texts.join("\n\n----\n\n"));
}

await mkdir(target, { recursive: true });
const scripts = Object.entries(SCRIPTS).map(([name, path]) => copyFile(path, join(target, name)));
await Promise.all([styles(), icons(), bundles().then(licences), ...scripts]);
