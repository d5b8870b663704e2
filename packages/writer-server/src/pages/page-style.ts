/** The style of the elements that only live pages have. */
export const PAGE_STYLE = `
.field input,.field select{font:inherit;padding:5px 8px;width:140px;border:1px solid var(--line);border-radius:6px;background:var(--card);color:var(--text)}
.field select{width:auto}a.chip{text-decoration:none}a.chip.chosen{border-color:var(--accent);background:var(--hover)}
p.chips{margin:-4px 0 12px}.more{display:flex;gap:16px;margin:10px 0 0}
#live{white-space:nowrap}#live::before{content:"";display:inline-block;width:8px;height:8px;border-radius:50%;margin:0 5px 0 10px;background:var(--unknown)}
#live[data-state=live]::before{background:var(--ok-bar)}#live[data-state=stale]{color:var(--warn)}#live[data-state=stale]::before{background:var(--bad-bar)}
.problem{border-left:4px solid var(--bad-bar)}
@media (max-width:600px){.field{flex:1 1 40%}.field input,.field select{width:100%}.filters input[type=search]{width:100%}}
@media print{#live{display:none}}
`
