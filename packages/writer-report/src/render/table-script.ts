/**
 * The script for tables, in the browser: a click on a header sorts, `j` and `k` go to the next and previous row. `forgeTables.prepare(root)` adds the buttons to tables
 * that are new, and sorts them as the tables on the page are sorted.
 */
export const TABLE_SCRIPT = `
window.forgeTables = (function () {
  'use strict'
  var doc = document

  function list(nodes) { return Array.prototype.slice.call(nodes) }

  function prepare(root) {
    list(root.querySelectorAll('th[data-sort]')).forEach(function (head) {
      if (head.querySelector('button')) return
      var button = head.ownerDocument.createElement('button')
      button.type = 'button'
      button.textContent = head.textContent
      head.textContent = ''
      head.appendChild(button)
    })
    if (root === doc) return
    list(doc.querySelectorAll('th[aria-sort]')).forEach(function (head) {
      var table = head.closest('table')
      var other = table.id && root.querySelector('[id="' + table.id + '"]')
      var same = other && other.tHead.rows[0].cells[head.cellIndex]
      if (same) sortBy(same, head.getAttribute('aria-sort') === 'descending')
    })
  }

  function sortBy(head, isDown) {
    var at = head.cellIndex
    var body = head.closest('table').tBodies[0]
    var rows = list(body.rows)
    list(head.parentNode.children).forEach(function (each) { each.removeAttribute('aria-sort') })
    head.setAttribute('aria-sort', isDown ? 'descending' : 'ascending')
    var value = function (row) { return row.cells[at].dataset.v || '' }
    var isNumber = rows.every(function (row) { return value(row) !== '' && !isNaN(Number(value(row))) })
    rows.sort(function (a, b) {
      var x = value(a), y = value(b)
      var order = isNumber ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0
      return isDown ? -order : order
    })
    rows.forEach(function (row) { body.appendChild(row) })
  }

  doc.addEventListener('click', function (event) {
    var button = event.target.closest && event.target.closest('th[data-sort] button')
    if (!button) return
    var head = button.parentNode
    sortBy(head, head.getAttribute('aria-sort') === 'ascending')
  })

  doc.addEventListener('keydown', function (event) {
    var isTyping = /^(input|textarea|select)$/i.test(event.target.tagName)
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'j' || event.key === 'k') move(event.key === 'j' ? 1 : -1)
  })

  function move(by) {
    var page = doc.querySelector('.page.on')
    if (!page) return
    var links = list(page.querySelectorAll('tbody tr')).filter(function (row) { return !row.hidden && row.offsetParent && row.querySelector('a') })
      .map(function (row) { return row.querySelector('a') })
    var at = links.findIndex(function (link) { return link.closest('tr').contains(doc.activeElement) })
    var next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by))]
    if (next) next.focus()
  }

  prepare(doc)
  return { prepare: prepare }
})()
`
