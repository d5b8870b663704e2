/** The style of a report. It has no attribute selectors on values from the log, and no address. */
export const STYLE_SHEET = `
:root{color-scheme:light dark;--bg:#f7f7f5;--card:#fff;--text:#1b1f24;--soft:#5a6270;--line:#e3e4e0;--accent:#0b5fc0;--ok:#0b7a5e;--ok-bar:#2a9d7c;--bad:#b42a06;--bad-bar:#d9480f;--warn:#8a5a00;--unknown:#8a919c;--hover:#f0f4fa;--code:#f1f1ee}
@media (prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1c2024;--text:#e8eaed;--soft:#a0a8b3;--line:#30363d;--accent:#79b8ff;--ok:#56d3ac;--ok-bar:#38a988;--bad:#ff9470;--bad-bar:#ef6b3a;--warn:#e3b341;--unknown:#8a93a0;--hover:#252b32;--code:#252a30}}
*{box-sizing:border-box}
html{scroll-behavior:auto;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--text);font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:var(--card);padding:8px;z-index:9}
.top{display:flex;flex-wrap:wrap;gap:4px 20px;align-items:baseline;padding:10px 24px;background:var(--card);border-bottom:1px solid var(--line);position:sticky;top:0;z-index:5}
.top .brand{font-weight:650;font-size:15px;color:var(--text);overflow-wrap:anywhere}
.top nav{display:flex;flex-wrap:wrap;gap:2px 14px}
.top nav a{padding:2px 0;color:var(--soft);border-bottom:2px solid transparent}.top nav a[aria-current]{color:var(--text);border-color:var(--accent)}
.top .when{margin-left:auto;color:var(--soft);font-size:12.5px}
main{max-width:1360px;margin:0 auto;padding:14px 24px 40px}
.page{display:none;scroll-margin-top:400px}.page:focus{outline:none}
.page:target,.js .page.on,main:not(:has(:target)) .page.today{display:block}
.js .page:not(.on){display:none!important}
h1{font-size:20px;margin:0;font-weight:650;overflow-wrap:anywhere}
h3{font-size:13px;margin:8px 0 4px;font-weight:600}
h2{font-size:14px;margin:0 0 8px;font-weight:650;overflow-wrap:anywhere}
.page-head{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline;margin:4px 0 12px}
.page-head .state{font-size:14px;font-weight:500;vertical-align:1px}
.sentence{font-size:17px;margin:4px 0 12px}
.alert{border:1px solid var(--bad);border-radius:8px;padding:8px 12px;margin:4px 0 12px;overflow-wrap:anywhere}
.bad{color:var(--bad)}.warn{color:var(--warn)}
.note,.sub,.delta,.empty{color:var(--soft)}.note{font-weight:400;font-size:12.5px}.delta{font-size:12px;white-space:nowrap}
.sub{display:block;font-size:12px;overflow-wrap:anywhere}.page-head .sub{display:inline}
.tag{background:var(--code);border-radius:8px;padding:0 6px}
.panel{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px;margin:0 0 14px}
.cols{display:grid;grid-template-columns:minmax(0,3fr) minmax(240px,1fr);gap:14px}
a.sub{color:var(--accent);white-space:nowrap}
#pipelines td:nth-child(2){width:34%}#pipelines td:nth-child(3),#pipelines td:nth-child(7){white-space:nowrap}#pipelines .sub{display:inline;margin-left:8px}
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:10px 24px}
@media (max-width:1000px){.pair{grid-template-columns:minmax(0,1fr)}.cols{grid-template-columns:minmax(0,1fr);gap:0}}
.scroll{overflow-x:auto;max-width:100%}.newest{direction:rtl}.newest>*{direction:ltr}
.newest:has(>svg.fixed){width:fit-content}.newest:has(>svg.series){max-width:660px}.lanes{display:flex;gap:8px}.lanes>.scroll{flex:1 1 0;min-width:0}.lanes>.scroll:has(>svg.fixed){flex:0 1 auto}.names{list-style:none;margin:0;padding:0;flex:0 1 auto;min-width:0;max-width:44%;font-size:12px;text-align:right;color:var(--soft)}.names li{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.names.cells .head{height:56px;padding-top:34px}.names.cells li{height:17px;line-height:15px}.names.day,.names.run{padding-top:20px}.names.day li{height:22px;line-height:22px}.names.run li{height:20px;line-height:20px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);font-size:12.5px;padding-bottom:4px}
th{font-weight:500;color:var(--soft);text-align:left;font-size:12.5px;white-space:nowrap}
th,td{padding:5px 10px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
th:last-child,td:last-child{padding-right:0}
tbody tr:last-child td{border-bottom:0}tbody tr:hover td{background:var(--hover)}
.n{text-align:right;white-space:nowrap}.t{white-space:nowrap}
td bdi{overflow-wrap:break-word}td code{display:inline-block;min-width:200px;overflow-wrap:anywhere}
th button{all:unset;cursor:pointer}th button:focus-visible{outline:2px solid var(--accent)}
th[aria-sort=ascending] button::after{content:" \\2191"}th[aria-sort=descending] button::after{content:" \\2193"}
code,pre{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{background:var(--code);padding:10px 12px;border-radius:6px;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:6px 0}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:8px 20px;margin:0 0 14px}
.facts dt{color:var(--soft);font-size:12px}.facts dd{margin:0;overflow-wrap:anywhere}
.state{white-space:nowrap;display:inline-flex;gap:5px;align-items:center}.icon{width:14px;height:14px;flex:none}
.state.ok{color:var(--ok)}.state.bad{color:var(--bad)}.state.late{color:var(--warn)}.state.running{color:var(--accent)}.state.unknown{color:var(--soft)}
.causes{list-style:none;margin:0;padding:0}.causes li{padding:6px 0;border-bottom:1px solid var(--line)}.causes li:last-child{border:0}
.causes code{overflow-wrap:anywhere}
.kind{display:inline-block;border:1px solid var(--line);border-radius:9px;padding:0 7px;font-size:12px;color:var(--soft);white-space:nowrap}
.kind.broken,.kind.stillFails{color:var(--bad);border-color:currentColor}.kind.slower,.kind.gone,.kind.lessValid,.kind.fewerRows{color:var(--warn);border-color:currentColor}.kind.doubt{color:var(--warn);border-color:currentColor}.kind.new{color:var(--accent);border-color:currentColor}.kind.repaired,.kind.faster{color:var(--ok);border-color:currentColor}
.filters{display:flex;flex-wrap:wrap;gap:6px 10px;align-items:center;margin:0 0 12px}
.filters input[type=search]{font:inherit;padding:5px 10px;min-width:min(340px,100%);border:1px solid var(--line);border-radius:6px;background:var(--card);color:var(--text)}
.chips{display:flex;flex-wrap:wrap;gap:6px}
.chip{font:inherit;display:inline-flex;gap:5px;align-items:center;border:1px solid var(--line);background:var(--card);color:var(--text);border-radius:14px;padding:2px 10px;cursor:pointer}
.chip[aria-pressed=true]{border-color:var(--accent);background:var(--hover)}
.link{all:unset;color:var(--accent);cursor:pointer}.link:focus-visible{outline:2px solid var(--accent)}
.link[hidden],.js-only{display:none}.js .js-only{display:flex}
figure{margin:0 0 10px}figure:last-child{margin:0}figcaption{font-weight:500;margin-bottom:4px}
details>summary{cursor:pointer;overflow-wrap:anywhere;color:var(--soft);font-size:12.5px}details[open]>summary{margin-bottom:4px}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--soft)}svg .strong{fill:var(--text);font-weight:600}svg .on{fill:#fff}svg a text{fill:var(--accent)}
svg.wide{display:block;width:100%;min-width:860px;max-width:1240px;height:auto}svg.series{display:block;width:100%;min-width:480px;max-width:660px;height:auto}svg.plot{display:block;overflow:hidden}svg.plot.steps{min-width:440px}svg.fixed{display:block}svg.strip{display:block}.n svg.strip{margin-left:auto}
.plot rect.s{stroke:var(--ok-bar)}.plot rect.f{stroke:var(--bad-bar)}.plot rect.k{stroke:var(--line)}.m{fill:none;stroke:var(--warn);stroke-dasharray:2 2}
.s{fill:var(--ok-bar)}.f{fill:var(--bad-bar)}.u{fill:none;stroke:var(--unknown)}.k{fill:var(--line)}.x{stroke:#fff;stroke-width:1.6;fill:none}
.cs,.cf,.cu,.ck{fill:none;stroke-width:14;stroke-dasharray:14 3}.cs{stroke:var(--ok-bar)}.cf{stroke:var(--bad-bar)}.cu{stroke:var(--unknown);stroke-opacity:.5}.ck{stroke:var(--line)}.dot{stroke:var(--ok-bar);stroke-width:7;stroke-linecap:round;fill:none}.notch{fill:var(--card)}
.ds,.df,.du,.dn{fill:none;stroke-width:11;stroke-dasharray:11 2}.ds{stroke:var(--ok-bar)}.df{stroke:var(--bad-bar)}.du{stroke:var(--unknown);stroke-opacity:.5}.dn{stroke:var(--line);stroke-opacity:.55}
.ring{stroke:var(--warn);stroke-width:1.8;fill:none}.shift{stroke:var(--accent);stroke-dasharray:2 3;fill:none}
.fs{stroke:var(--bad-bar);fill:none}.band{fill:var(--accent);opacity:.16}.spark{vertical-align:middle}
.grid{stroke:var(--line);fill:none}.lane{stroke:var(--line);fill:none;opacity:.6}.now{stroke:var(--accent);fill:none}.ref{stroke:var(--soft);stroke-dasharray:4 3;fill:none}.line{stroke:var(--ok-bar);stroke-width:2;fill:none}.area{fill:var(--accent);opacity:.25}.open{fill:none;stroke:var(--accent);stroke-width:1.6;stroke-dasharray:5 2}.flag{fill:var(--card);stroke:var(--soft);stroke-width:1.2}.flag.missed{fill:var(--warn);stroke:var(--warn)}.crit,.plot rect.crit{stroke:var(--text);stroke-width:1.6}.rest{fill:var(--line)}.hatch{fill:url(#hatch)}
.budget{vertical-align:middle}
footer{color:var(--soft);font-size:12.5px;max-width:1360px;margin:0 auto;padding:0 24px 24px}
@media (max-width:600px){.minor{display:none}.lanes{gap:6px}.names{max-width:40%;font-size:11px}.scroll table:not(#pipelines){width:max-content;min-width:100%}.scroll td{max-width:280px}main{padding:10px 12px 30px}.top{padding:8px 12px;position:static}.top .when{margin-left:0}.sentence{font-size:16px}.panel{padding:10px}
#pipelines thead{display:none}#pipelines tr{display:grid;grid-template-columns:20px minmax(0,1fr) auto;padding:8px 0;border-bottom:1px solid var(--line)}#pipelines td{border:0;padding:0;width:auto!important}#pipelines td:nth-child(3),#pipelines td:nth-child(6){text-align:right}#pipelines td:nth-child(4){grid-column:2;text-align:left}#pipelines td:nth-child(6){grid-row:2;grid-column:3}#pipelines td:nth-child(5){grid-column:2/4;text-align:left}#pipelines svg.strip{margin:0}#pipelines td:nth-child(7){grid-column:2/4}#pipelines .sub{display:block;margin:0}}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--text:#000;--soft:#444;--line:#ccc;--accent:#000;--ok:#0b7a5e;--ok-bar:#2a9d7c;--bad:#b42a06;--bad-bar:#d9480f;--code:#f4f4f4}
.top nav,.filters,.skip,details:not([open])>summary{display:none!important}.top{position:static}
.page,.js .page:not(.on){display:block!important;break-before:page}.page.today{break-before:auto}.page+.page{break-before:page}
.panel{border:0;padding:0;break-inside:avoid-page}tr,figure{break-inside:avoid}.scroll{overflow:visible}.newest{direction:ltr}svg.wide,svg.series,svg.plot.steps{min-width:0}.n,.t,th{white-space:normal}td code{min-width:0}body{font-size:11px}main{max-width:none;padding:0}}
`
