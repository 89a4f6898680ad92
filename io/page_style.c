/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The style sheet of every page: light and dark as the reader's system is set, wide things scroll
 * by themselves on narrow screens, and paper gets ink on white.
 */
#include "page_text.h"
#include <assert.h>

/* Colours of bars (stays, leaves, down, arrives, restarts) and of cells by how full they are. */
#define LIGHT                                                                                      \
  "--stays:#9fb0c6;--leaves:#e3a23c;--down:#d64b40;--arrives:#2563a8;--restarts:#2a8f5a;"          \
  "--free:#eef1f5;--off:#c9ced6;--u0:#f3f5f8;--u1:#e6eef8;--u2:#d3e2f3;--u3:#bcd3ec;--u4:#a2c1e3;" \
  "--u5:#86add8;--u6:#6a98cb;--u7:#4f82bc;--u8:#386caa;--u9:#255695;--u10:#14407c;--u11:#d62b1f;"  \
  "--v0:#d5e8dc;--v1:#b9d3ef;--v2:#7fb0e0;--v3:#3f7fc0;--v4:#b9bec7;--v5:#d64b40"
#define DARK                                                                                       \
  "--stays:#5d6f88;--leaves:#d99a35;--down:#e5675c;--arrives:#5a9be6;--restarts:#4fb87e;"          \
  "--free:#222a34;--off:#3b424d;--u0:#1c222b;--u1:#1b2a3e;--u2:#1c3350;--u3:#1e3d63;--u4:#224978;" \
  "--u5:#29578e;--u6:#3567a4;--u7:#467ab9;--u8:#5f90cb;--u9:#80aadb;--u10:#a9c8ea;--u11:#ff6a5c;"  \
  "--v0:#1f3b2c;--v1:#24486e;--v2:#3a73ae;--v3:#7ab3ec;--v4:#59616d;--v5:#e5675c"

/* In pieces, since a compiler need not take longer strings. */
static const char *const pieces[] = {
    ":root{color-scheme:light dark;--ink:#1b2330;--faint:#5c6675;--page:#fff;--line:#d9dee6;"
    "--good:#1d6b40;--care:#8a5a00;--bad:#b3261e;--chain:#c21f1f;" LIGHT "}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--faint:#a0a9b8;--page:#14181f;"
    "--line:#333b47;--good:#5fc08a;--care:#e0b050;--bad:#ff8a80;--chain:#ff7b72;" DARK "}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--page);color:var(--ink);"
    "font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
    "main{max-width:1080px;margin:0 auto;padding:1rem}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}\n"
    "h2{font-size:1.15rem;margin:2rem 0 .5rem}\n"
    "p{margin:.4rem 0;max-width:80ch}\n"
    ".lead{font-size:1.1rem}.open{color:var(--bad)}.scenario,.rest,footer{color:var(--faint)}"
    "\n"
    ".badge{font-size:.85rem;font-weight:600;border:1px solid;border-radius:1rem;"
    "padding:.1rem .6rem;vertical-align:middle;white-space:nowrap}\n"
    ".good{color:var(--good)}.care{color:var(--care)}.bad{color:var(--bad)}\n"
    ".figures{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:1rem 0}\n"
    ".figures dt{color:var(--faint);font-size:.85rem}\n"
    ".figures dd{margin:0;font-size:1.25rem;font-weight:600}\n"
    ".vms dt{font-weight:600;color:var(--bad)}\n"
    ".vms dt span{font-weight:400;color:var(--ink)}\n"
    ".vms dd{margin:0 0 1rem}.vms ul{margin:.2rem 0;padding-left:1.4rem}\n"
    ".remedy{color:var(--good)}.warnings{padding-left:1.4rem}.warnings li{color:var(--care)}\n"
    ".wide{overflow-x:auto;max-width:100%}\n"
    ".gantt{display:block;width:100%;min-width:760px;height:auto}\n"
    "table{border-collapse:collapse;font-size:.9rem;overflow-wrap:normal}\n"
    "th,td{text-align:left;padding:.25rem .75rem .25rem 0;vertical-align:top;"
    "border-bottom:1px solid var(--line)}\n"
    "thead th{color:var(--faint);font-weight:500}tbody th{font-weight:400}\n"
    "th.number,td.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-"
    "nums}\n"
    "#steps table{min-width:760px}#steps td:nth-child(2),#steps "
    "td:nth-child(3){min-width:9rem;overflow-wrap:anywhere}"
    ".why{color:var(--faint);min-width:14rem}tr.critical td:first-child{color:var(--chain);"
    "font-weight:700}\n",
    ".legend span{display:inline-block;margin-right:.8rem;white-space:nowrap}"
    ".legend svg,th svg,td svg{vertical-align:baseline}\n"
    ".hosts{margin:.5rem 0 1rem}.host{display:grid;grid-template-columns:13rem 1fr 1fr;"
    "gap:.1rem 1.5rem;padding:.35rem 0;border-bottom:1px solid var(--line);font-size:.85rem;"
    "break-inside:avoid}.cluster .who{font-weight:600}.count{color:var(--faint);"
    "font-weight:400}.count.bad{color:var(--bad)}.who{overflow:hidden}\n"
    ".mark{font-size:.75rem;border:1px solid;border-radius:1rem;padding:0 .4rem;"
    "white-space:nowrap}.load span{color:var(--faint)}.load b{font-weight:600}"
    ".bars{display:block;width:100%;height:22px}\n"
    ".b-stays{fill:var(--stays)}.b-leaves{fill:var(--leaves)}.b-down{fill:var(--down)}"
    ".b-arrives{fill:var(--arrives)}.b-restarts{fill:var(--restarts)}.b-free{fill:var(--free)}"
    ".b-off{fill:var(--off)}.b-limit{fill:var(--ink);transform:translateX(-2px)}.bars "
    "rect:not(.b-limit):not(.b-free)"
    "{stroke:var(--page);stroke-width:.6}\n"
    ".u0{fill:var(--u0)}.u1{fill:var(--u1)}.u2{fill:var(--u2)}.u3{fill:var(--u3)}"
    ".u4{fill:var(--u4)}.u5{fill:var(--u5)}.u6{fill:var(--u6)}.u7{fill:var(--u7)}"
    ".u8{fill:var(--u8)}.u9{fill:var(--u9)}.u10{fill:var(--u10)}.u11{fill:var(--u11)}"
    ".u12{fill:var(--off)}\n"
    ".v0{fill:var(--v0)}.v1{fill:var(--v1)}.v2{fill:var(--v2)}.v3{fill:var(--v3)}"
    ".v4{fill:var(--v4)}.v5{fill:var(--v5)}.grid text,.curve text{font:11px "
    "system-ui,sans-serif;fill:var(--faint)}.grid{display:block;max-width:100%;height:auto}"
    ".curve{display:block;width:100%;min-width:420px;max-width:760px;height:auto}"
    ".c-line{fill:none;stroke:var(--arrives);stroke-width:2}.c-band{fill:var(--arrives);"
    "opacity:.25}.c-axis{stroke:var(--line);fill:none}.c-bar{fill:var(--arrives)}"
    ".c-maybe{fill:var(--arrives);opacity:.3}.c-dot{fill:var(--arrives)}.c-none{fill:var(--down)}"
    "h3{font-size:1rem;margin:1.2rem 0 .4rem}.fit{display:grid;"
    "grid-template-columns:15rem 9rem 1fr;gap:.1rem 1rem;align-items:center;"
    "font-size:.9rem;max-width:760px}.fit .bars{height:20px}"
    ".holds{grid-column:1/-1;color:var(--faint)}"
    "td.differs{color:var(--bad);font-weight:600}\n"
    ".pair{display:grid;grid-template-columns:1fr 1fr;gap:.5rem 1.5rem;margin:.5rem 0}"
    "figure{margin:0}figcaption{font-size:.85rem;color:var(--faint)}"
    ".cells{display:block;width:100%;height:auto}\n"
    "@media(max-width:720px){.host{grid-template-columns:1fr 1fr}.who{grid-column:1/3}"
    ".who br{display:none}.fit{grid-template-columns:1fr 8rem}.fit "
    "svg{grid-column:1/3}.pair{grid-template-columns:1fr}}\n"
    "footer{max-width:1080px;margin:0 auto;padding:0 1rem 2rem;font-size:.85rem}\n"
    "@media print{:root{--ink:#000;--faint:#333;--page:#fff;--line:#bbb;--good:#1d6b40;"
    "--care:#8a5a00;--bad:#b3261e;--chain:#c21f1f;" LIGHT
    "}body{font-size:10pt}main{max-width:none;"
    "padding:0}.gantt{min-width:0}.wide{overflow:visible}tr,svg{break-inside:avoid}"
    "h2{break-after:avoid}}\n"};

void page_put_style(FILE *stream) {
  assert(stream != NULL);
  for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
    fputs(pieces[i], stream);
}
