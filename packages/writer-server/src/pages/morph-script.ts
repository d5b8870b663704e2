/**
 * The script that changes a part of a page into what the server sends now, in the browser: nodes that stay are the same nodes, so that scrolling, focus, selected text,
 * and what somebody opened or types stay as they are. `forgeMorph(from, to)`.
 */
export const MORPH_SCRIPT = `
window.forgeMorph = (function () {
  'use strict'

  /** The subject of a node: rows are identified by the page that they lead to. */
  function keyOf(node) {
    if (node.nodeType !== 1) return ''
    if (node.id) return '#' + node.id
    var key = node.getAttribute('data-key')
    if (key) return '=' + key
    if (node.nodeName !== 'TR') return ''
    var link = node.querySelector('a[href]')
    return link ? '>' + link.getAttribute('href') : ''
  }

  function isAlike(a, b) { return a.nodeType === b.nodeType && a.nodeName === b.nodeName }

  function morph(from, to) {
    if (from.nodeType !== 1) {
      if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue
      return
    }
    if (from.hasAttribute('data-keep')) return
    morphAttributes(from, to)
    morphChildren(from, to)
  }

  function morphAttributes(from, to) {
    var isOwn = function (name) { return from.nodeName === 'DETAILS' && name === 'open' }
    Array.prototype.slice.call(from.attributes).forEach(function (each) {
      if (!to.hasAttribute(each.name) && !isOwn(each.name)) from.removeAttribute(each.name)
    })
    Array.prototype.slice.call(to.attributes).forEach(function (each) {
      if (!isOwn(each.name) && from.getAttribute(each.name) !== each.value) from.setAttribute(each.name, each.value)
    })
    var isTyped = from === document.activeElement
    if (from.nodeName === 'INPUT' && !isTyped && from.value !== (to.getAttribute('value') || '')) from.value = to.getAttribute('value') || ''
  }

  function morphChildren(from, to) {
    var keyed = new Map()
    for (var child = from.firstChild; child; child = child.nextSibling) {
      var key = keyOf(child)
      if (key && !keyed.has(key)) keyed.set(key, child)
    }
    var at = from.firstChild
    Array.prototype.slice.call(to.childNodes).forEach(function (wanted) {
      var key = keyOf(wanted)
      var match = null
      if (key) {
        match = keyed.get(key) || null
        keyed.delete(key)
        if (match && !isAlike(match, wanted)) match = null
      } else {
        for (match = at; match && (keyOf(match) || !isAlike(match, wanted)); match = match.nextSibling);
      }
      if (!match) from.insertBefore(document.importNode(wanted, true), at)
      else {
        if (match === at) at = at.nextSibling
        else move(from, match, at)
        morph(match, wanted)
      }
    })
    while (at) {
      var next = at.nextSibling
      from.removeChild(at)
      at = next
    }
  }

  /** A node that moves loses the focus, which it gets back. */
  function move(parent, node, before) {
    var active = document.activeElement
    var hasFocus = active && node.contains(active)
    if (parent.moveBefore) parent.moveBefore(node, before)
    else parent.insertBefore(node, before)
    if (hasFocus && document.activeElement !== active) active.focus({ preventScroll: true })
  }

  return morph
})()
`
