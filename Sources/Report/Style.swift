// How does the page look: on a screen, at night, on a phone, on paper?

enum Style {
  /// Colours after Okabe and Ito, which people with any colour vision can tell apart; darker by day and lighter by night,
  /// so that text has a contrast of at least 4.5 and shapes of 3. Every colour has its name beside it.
  static let sheet = """
    :root{color-scheme:light dark;--page:#f6f6f4;--card:#fff;--ink:#1b2026;--soft:#4f5963;--line:#d5d9de;
    --winners:#0068a8;--refunds:#a8487f;--house:#a86a00;--creators:#007a5a;--retained:#b84a00;--breakage:#3a7ca5;
    --lost:#56616b;--lost2:#6c7680;--on:#fff;--node:#3b4550;--good:#00694d;--look:#8a5700;--bad:#a8261c}
    @media (prefers-color-scheme:dark){:root{--page:#14171a;--card:#1d2125;--ink:#e9ecef;--soft:#aab3bc;--line:#3a4148;
    --winners:#58aee6;--refunds:#e08fc0;--house:#e6a532;--creators:#36c096;--retained:#f28a4b;--breakage:#9cc9e8;
    --lost:#8d979f;--lost2:#a5aeb6;--on:#101214;--node:#b4bdc6;--good:#4fd0a5;--look:#f0b84a;--bad:#ff8a80}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
    body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
    "Helvetica Neue",Arial,sans-serif}
    main{max-width:1096px;margin:0 auto;padding:24px 16px 48px}
    header p,footer p{color:var(--soft);margin:4px 0;overflow-wrap:anywhere}
    h1{font-size:26px;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}
    h2{font-size:20px;line-height:1.3;margin:0 0 6px}
    h3{font-size:16px;margin:22px 0 6px}
    p{margin:6px 0;overflow-wrap:anywhere}
    section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:20px 24px;margin:20px 0}
    .answer{max-width:76ch}
    .soft{color:var(--soft)}
    .verdict{border-left:8px solid var(--good)}
    .verdict.look{border-left-color:var(--look)} .verdict.bad{border-left-color:var(--bad)}
    .verdict h2{color:var(--good);font-size:22px} .verdict.look h2{color:var(--look)} .verdict.bad h2{color:var(--bad)}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(190px,100%),1fr));gap:12px;margin:12px 0 0;
    padding:0;list-style:none}
    .tiles li{border:1px solid var(--line);border-radius:8px;padding:10px 14px;min-width:0}
    .tiles b{display:block;font-size:21px;line-height:1.3;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
    .tiles span{display:block;color:var(--soft);font-size:14px;overflow-wrap:anywhere}
    .sum{margin-top:14px;font-variant-numeric:tabular-nums}
    figure{margin:14px 0 4px}
    figcaption{font-weight:600;margin:0 0 6px;overflow-wrap:anywhere}
    svg{display:block;max-width:100%;height:auto}
    svg.narrow{display:none;width:100%}
    svg.small{width:100%}
    .many{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(300px,100%),1fr));gap:8px 28px}
    text{fill:var(--ink);font-family:inherit;unicode-bidi:plaintext}
    .t13{font-size:13px} .t12{font-size:12px}
    text.halo{paint-order:stroke;stroke:var(--card);stroke-width:3px;stroke-linejoin:round}
    text.soft{fill:var(--soft)} text.on{fill:var(--on)}
    .winners{fill:var(--winners)} .refunds{fill:var(--refunds)} .house{fill:var(--house)}
    .creators{fill:var(--creators)} .retained{fill:var(--retained)} .breakage{fill:var(--breakage)}
    .lost{fill:var(--lost)} .lost2{fill:var(--lost2)} .node{fill:var(--node)} .axis{fill:var(--soft)}
    .before{fill:var(--lost)} .now{fill:var(--winners)}
    .ribbon{opacity:.32}
    .key{display:flex;flex-wrap:wrap;gap:4px 18px;margin:6px 0;padding:0;list-style:none;font-size:14px;color:var(--soft)}
    .key svg{display:inline-block;width:12px;height:12px;margin-right:6px;vertical-align:-1px}
    details{margin:10px 0 0}
    summary{cursor:pointer;color:var(--soft);font-size:14px;padding:4px 0}
    table{border-collapse:collapse;width:100%;margin:10px 0 4px;font-size:14px;font-variant-numeric:tabular-nums}
    caption{text-align:left;color:var(--soft);padding:0 0 4px}
    th,td{text-align:left;padding:4px 0 4px 14px;border-bottom:1px solid var(--line);vertical-align:top;font-weight:400}
    .any{overflow-wrap:anywhere}
    thead th{color:var(--soft);font-size:13px;overflow-wrap:normal}
    .n{text-align:right;white-space:nowrap} .long{white-space:normal}
    tr>:first-child{padding-left:0} tr:has(+tr.more)>*{border-bottom-color:transparent}
    .id,code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.94em;
    overflow-wrap:anywhere}
    .id.whole{white-space:nowrap;overflow-wrap:normal}
    @media screen and (max-width:760px){
    main{padding:16px 10px 32px} section{padding:16px 14px} h1{font-size:22px}
    svg.wide{display:none} svg.narrow{display:block}
    table.wide thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
    table.wide,table.wide tbody,table.wide caption{display:block}
    table.wide tr{display:block;border-bottom:1px solid var(--line);padding:6px 0}
    table.wide th,table.wide td{display:flex;justify-content:space-between;gap:14px;border:0;padding:1px 0;text-align:right}
    table.wide th:empty,table.wide td:empty{display:none}
    table.wide th::before,table.wide td::before{content:attr(data-name);color:var(--soft);text-align:left;flex:none}
    }
    @media print{
    :root{color-scheme:light;--page:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--winners:#0068a8;
    --refunds:#a8487f;--house:#a86a00;--creators:#007a5a;--retained:#b84a00;--breakage:#3a7ca5;--lost:#56616b;
    --lost2:#6c7680;--on:#fff;--node:#3b4550;--good:#00694d;--look:#8a5700;--bad:#a8261c}
    body{font-size:11pt} main{max-width:none;padding:0}
    section{border:0;border-top:1px solid var(--line);border-radius:0;padding:10px 0;margin:10px 0}
    .verdict{border-top:0;padding-left:14px}
    .tiles{grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:8px} .tiles b{font-size:15px}
    h2,h3,figcaption,caption,thead{break-after:avoid} figure svg,tr,.tiles li{break-inside:avoid}
    details::details-content{content-visibility:visible;display:block}
    summary{list-style:none} summary::marker{content:""}
    *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
    }
    """
}
