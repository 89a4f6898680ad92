/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The style sheet of the report: light and dark as the reader's system is set, wide things scroll
 * by themselves on narrow screens, and paper gets ink on white.
 */
#include "report_html.h"

const char *report_style(void) {
  return ":root{color-scheme:light dark;--ink:#1b2330;--faint:#5c6675;--page:#fff;--line:#d9dee6;"
         "--good:#1d6b40;--care:#8a5a00;--bad:#b3261e;--chain:#c21f1f}\n"
         "@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--faint:#a0a9b8;--page:#14181f;"
         "--line:#333b47;--good:#5fc08a;--care:#e0b050;--bad:#ff8a80;--chain:#ff7b72}}\n"
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
         "font-weight:700}\n"
         "footer{max-width:1080px;margin:0 auto;padding:0 1rem 2rem;font-size:.85rem}\n"
         "@media print{:root{--ink:#000;--faint:#333;--page:#fff;--line:#bbb;--good:#1d6b40;"
         "--care:#8a5a00;--bad:#b3261e;--chain:#c21f1f}body{font-size:10pt}main{max-width:none;"
         "padding:0}.gantt{min-width:0}.wide{overflow:visible}tr,svg{break-inside:avoid}"
         "h2{break-after:avoid}}\n";
}
