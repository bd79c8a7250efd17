#include "report/html/page_assets.h"

#include "core/hash.h"

namespace turbodiff::report {
namespace {

constexpr std::string_view style = R"css(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--text:#1b1f24;--soft:#59636e;--line:#d5dae0;--grid:#e6e9ed;
--accent:#00619a;--good:#00704f;--bad:#b23c00;--note:#fff6e0;--noteline:#e6b450;--once:#8b96a3;
--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;--c4:#e69f00;--c5:#56b4e9;--c6:#7a6fb0;--c7:#7f8790;
--idle:#aeb6bf;--done:#00704f;--failed:#b23c00;--cut:#7a5f00;--busy:#bfd3e4}
@media (prefers-color-scheme:dark){:root{--bg:#101418;--card:#181d23;--text:#e8ebef;--soft:#a3adb8;--line:#333c46;
--grid:#262d35;--accent:#7cc4f2;--good:#4fd0a5;--bad:#ff9a62;--note:#2b2512;--noteline:#8a6a1c;--once:#77828e;
--c0:#4aa8e0;--c1:#f07f35;--c2:#2fbd92;--c3:#e29bc3;--c4:#f0b32e;--c5:#9ad4f5;--c6:#a79be0;--c7:#9aa3ad;
--idle:#5b6672;--done:#14876a;--failed:#c9501a;--cut:#8f7210;--busy:#325574}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
main{max-width:1160px;margin:0 auto;padding:24px 20px 40px}
h1{font-size:1.6rem;line-height:1.25;margin:0}
h2{font-size:1.1rem;margin:0 0 2px}
.sub,figcaption,.note,footer{color:var(--soft)}
.sub{margin:4px 0 18px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:10px;margin:0 0 16px;padding:0}
.card,figure,section.box{background:var(--card);border:1px solid var(--line);border-radius:10px}
.card{padding:12px 14px;min-width:0}
.card dt{color:var(--soft);font-size:.85rem}
.card dd{margin:0;font-size:1.4rem;font-weight:650;line-height:1.3;overflow-wrap:anywhere}
.card dd small{font-size:.85rem;font-weight:500}
.card dd.more{font-size:.85rem;font-weight:400;color:var(--soft)}
.good{color:var(--good)}.bad{color:var(--bad)}
.advice{background:var(--note);border:1px solid var(--noteline);border-radius:10px;padding:12px 16px;margin:0 0 16px}
.advice h2{font-size:1rem}
.advice ul{margin:4px 0 0;padding-left:20px}
figure,section.box{margin:0 0 16px;padding:14px 16px}
figcaption{font-size:.9rem;margin:0 0 8px}
svg{display:block;width:100%;height:auto;overflow:visible}
svg.narrow{display:none}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:8px 0 0;padding:0;font-size:.85rem;color:var(--soft)}
.legend li{display:flex;align-items:center;gap:6px}
.key{width:14px;height:14px;border-radius:3px;flex:none;display:inline-block}
.key svg{display:block;width:14px;height:14px}
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;fill:var(--soft)}
.unit{font-size:12px}.date{font-weight:650;fill:var(--text)}
.inbar{fill:#fff;font-size:11px;font-weight:650;pointer-events:none}
.grid{stroke:var(--grid)}.axis{stroke:var(--soft);stroke-opacity:.6}
.f0{fill:var(--c0)}.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}.f4{fill:var(--c4)}.f5{fill:var(--c5)}.f6{fill:var(--c6)}.f7{fill:var(--c7)}
.fidle{fill:var(--idle)}.fwhole{fill:var(--c5)}.frest{fill:var(--c7)}.fcpu{fill:var(--c4)}.fgpu{fill:var(--c0)}
.fwhole,.frest,.fcpu,.fgpu{fill-opacity:.75}
.seam{stroke:var(--card);stroke-width:1}
.paid{fill-opacity:.5}.unpaid{fill-opacity:.22}
.bar{stroke:var(--card);stroke-width:.7}
.priceline{fill:none;stroke:var(--text);stroke-width:1.5}
.wallline{fill:none;stroke:var(--text);stroke-width:1.2}
.done{fill:var(--done)}.failed{fill:var(--failed)}.cutoff{fill:var(--cut)}
.once{fill:var(--once)}
.busy{fill:var(--busy)}
.guide{stroke:var(--bad);stroke-dasharray:5 4}
.trend{fill:none;stroke-width:2}.tgpu{stroke:var(--c0)}.tcpu{stroke:var(--c1);stroke-dasharray:6 3}
.dgpu{fill:var(--c0)}.dcpu{fill:var(--c1)}
.scroll{overflow-x:auto;margin:0 -16px;padding:0 16px}
.scroll:focus-visible,button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.82rem;font-variant-numeric:tabular-nums}
th,td{padding:6px 5px;text-align:left;border-bottom:1px solid var(--grid);vertical-align:top}
thead th{border-bottom:2px solid var(--line);white-space:nowrap;padding:0}
thead th>span{display:block;padding:6px 5px}
th button{font:inherit;font-weight:650;color:inherit;background:none;border:0;padding:6px 5px;width:100%;text-align:inherit;cursor:pointer;white-space:nowrap}
th button::after{content:"";display:inline-block}
th[aria-sort] button::after{width:1em;text-align:right}
th[aria-sort=ascending] button::after{content:"\2191"}
th[aria-sort=descending] button::after{content:"\2193"}
.n{text-align:right;white-space:nowrap}
.prompt{min-width:12em;max-width:26em;overflow-wrap:anywhere}
.when{white-space:nowrap}
.state{white-space:nowrap}
tbody tr:hover{background:var(--grid)}
tfoot td,tfoot th{font-weight:650;border-bottom:0;border-top:1px solid var(--line)}
footer{font-size:.85rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media (max-width:700px){main{padding:16px 12px 32px}h1{font-size:1.3rem}
.cards{grid-template-columns:1fr 1fr;gap:8px}.card{padding:10px}.card dd{font-size:1.15rem}
figure,section.box{padding:12px 10px}svg.wide{display:none}svg.narrow{display:block}
.scroll{margin:0 -10px;padding:0 10px}.low{display:none}.prompt{min-width:7.5em}.state small{display:block}
th,td,thead th>span,th button{padding-left:5px;padding-right:5px}}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--text:#000;--soft:#444;--line:#bbb;--grid:#ddd;--accent:#000;
--good:#00543b;--bad:#8a2e00;--note:#fff;--noteline:#888;--once:#8b96a3;--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;
--c4:#e69f00;--c5:#56b4e9;--c6:#7a6fb0;--c7:#7f8790;--idle:#aeb6bf;--done:#00704f;--failed:#b23c00;--cut:#7a5f00;--busy:#bfd3e4}
body{font-size:10.5pt}main{max-width:none;padding:0}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
svg.narrow{display:none}svg.wide{display:block}
figure,.card,.advice{break-inside:avoid}tr{break-inside:avoid}thead{display:table-header-group}tfoot{display:table-row-group}
.scroll{overflow:visible;margin:0;padding:0}table{font-size:7.5pt}th,td{padding:3px 4px}thead th>span,th button{padding:3px 4px}
th button::after{content:none}.low{display:none}.prompt{min-width:0}}
)css";

constexpr std::string_view script = R"js(
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = table.tHead.rows[0].cells, body = table.tBodies[0];
  const said = document.getElementById("sorted");
  Array.from(heads).forEach((head, column) => {
    const label = head.textContent, button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = row => row.cells[column].dataset.v ?? row.cells[column].textContent;
      const number = head.classList.contains("n");
      const rows = Array.from(body.rows, row => [number ? parseFloat(key(row)) : key(row), row]);
      const order = (a, b) => number ? (isNaN(a) - isNaN(b)) || (up ? a - b : b - a)
                                     : (up ? 1 : -1) * a.localeCompare(b);
      rows.sort((a, b) => order(a[0], b[0]));
      body.append(...rows.map(row => row[1]));
      said.textContent = "sorted by " + label + (up ? ", ascending" : ", descending");
    });
  });
}
)js";

std::string base64(const core::Sha256::Digest& bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = (group << 8U) | (i + k < bytes.size() ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k > bytes.size() ? '=' : digits[(group >> (18 - 6 * k)) & 63U];
  }
  return text;
}

}  // namespace

std::string_view page_style() {
  return style;
}

std::string_view page_script() {
  return script;
}

std::string policy_hash(std::string_view text) {
  return "'sha256-" + base64(core::Sha256().update(text).digest()) + "'";
}

}  // namespace turbodiff::report
