import { TABLE_SCRIPT } from './table-script.ts'

/**
 * The script of a report, which runs in the browser and in a sandbox without storage: it shows the page of the address, filters and sorts the list of pipelines, and
 * moves by keys. Everything can be read without it. The state is in the address: `#/p/orders`, `#/?q=text&state=failed,late&hide=1`.
 */
export const CLIENT_SCRIPT = `${TABLE_SCRIPT}
;(function () {
  'use strict'
  var doc = document
  doc.documentElement.classList.add('js')
  var pages = Array.prototype.slice.call(doc.querySelectorAll('.page'))
  var filters = pages.map(filterOf).filter(Boolean)
  var title = doc.title

  function parse() {
    var hash = location.hash.slice(1) || '/'
    var at = hash.indexOf('?')
    var params = new URLSearchParams(at < 0 ? '' : hash.slice(at + 1))
    return { path: at < 0 ? hash : hash.slice(0, at), params: params }
  }

  function pageOf(path) {
    for (var i = 0; i < pages.length; i++) if (pages[i].id === path) return pages[i]
    var decoded = path
    try { decoded = decodeURI(path) } catch (error) { return pages[0] }
    for (i = 0; i < pages.length; i++) if (pages[i].id === decoded) return pages[i]
    return doc.querySelector('.page.today')
  }

  var before = null
  function show() {
    var state = parse()
    var page = pageOf(state.path)
    pages.forEach(function (each) { each.classList.toggle('on', each === page) })
    doc.querySelectorAll('.top nav a').forEach(function (link) {
      if (link.getAttribute('href') === '#' + page.id) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    })
    doc.title = (page.dataset.title ? page.dataset.title + ' · ' : '') + title
    if (before !== page.id) { window.scrollTo(0, 0); if (before !== null) page.focus({ preventScroll: true }) }
    before = page.id
    filters.forEach(function (filter) { if (filter.page === page) apply(filter, state.params) })
  }

  // What filters the tables of a page; nothing if the page has no form for it.
  function filterOf(page) {
    var form = page.querySelector('[data-filters]')
    if (!form) return null
    return {
      page: page, form: form, text: form.querySelector('[data-text]'), hide: form.querySelector('[data-hide]'),
      drop: form.querySelector('[data-drop]'), shown: form.querySelector('[data-shown]'), none: page.querySelector('[data-none]'),
      chips: Array.prototype.slice.call(form.querySelectorAll('[data-chip]')),
      rows: Array.prototype.slice.call(page.querySelectorAll('table[data-filter] tbody tr'))
    }
  }

  function apply(filter, params) {
    var text = params.get('q') || ''
    var states = (params.get('state') || '').split(',').filter(Boolean)
    var hidesFine = params.get('hide') === '1'
    if (filter.text.value !== text) filter.text.value = text
    if (filter.hide) filter.hide.checked = hidesFine
    filter.chips.forEach(function (chip) { chip.setAttribute('aria-pressed', String(states.indexOf(chip.dataset.chip) >= 0)) })
    var words = text.toLowerCase().split(/\\s+/).filter(Boolean)
    var count = 0
    filter.rows.forEach(function (row) {
      var haystack = row.dataset.q || ''
      var fits = words.every(function (word) { return haystack.indexOf(word) >= 0 }) &&
        (states.length === 0 || states.indexOf(row.dataset.state) >= 0) &&
        !(hidesFine && row.dataset.state === 'succeeded')
      row.hidden = !fits
      if (fits) count++
    })
    var isOn = words.length > 0 || states.length > 0 || hidesFine
    filter.drop.hidden = !isOn
    filter.shown.textContent = isOn ? count + ' of ' + filter.rows.length : ''
    if (filter.none) filter.none.hidden = count > 0
  }

  function change(edit) {
    var state = parse()
    edit(state.params)
    var text = state.params.toString()
    go('#' + state.path + (text ? '?' + text : ''))
  }

  // The whole address: in a frame with its own source, a fragment alone would be resolved against the page around it.
  function go(hash) { location.replace(location.href.replace(/#.*/, '') + hash) }

  doc.addEventListener('click', function (event) {
    var link = event.target.closest && event.target.closest('a[href^="#"]')
    if (!link || location.protocol !== 'about:') return
    event.preventDefault()
    location.assign(location.href.replace(/#.*/, '') + link.getAttribute('href'))
  })

  function set(params, name, value) { if (value) params.set(name, value); else params.delete(name) }

  filters.forEach(function (filter) {
    filter.text.addEventListener('input', function () { change(function (params) { set(params, 'q', filter.text.value) }) })
    filter.drop.addEventListener('click', function () { go('#' + filter.page.id); filter.text.focus() })
    filter.form.addEventListener('submit', function (event) { event.preventDefault() })
    if (filter.hide) filter.hide.addEventListener('change', function () {
      change(function (params) { set(params, 'hide', filter.hide.checked ? '1' : '') })
    })
    filter.chips.forEach(function (chip) {
      chip.addEventListener('click', function () {
        change(function (params) {
          var states = (params.get('state') || '').split(',').filter(Boolean)
          var at = states.indexOf(chip.dataset.chip)
          if (at >= 0) states.splice(at, 1)
          else states.push(chip.dataset.chip)
          set(params, 'state', states.join(','))
        })
      })
    })
  })

  doc.addEventListener('keydown', function (event) {
    var isTyping = /^(input|textarea|select)$/i.test(event.target.tagName)
    if (event.key === 'Escape' && event.target.hasAttribute('data-text')) { event.target.blur(); return }
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.key !== '/' || filters.length === 0) return
    event.preventDefault()
    var own = filters.filter(function (filter) { return filter.page.classList.contains('on') })[0]
    if (!own) location.hash = '#/'
    ;(own || filters[0]).text.focus()
  })

  var made = doc.querySelector('.when time')
  if (made) {
    var days = Math.floor((Date.now() - Date.parse(made.dateTime)) / 86400000)
    if (days >= 1) made.insertAdjacentText('afterend', ', ' + days + (days === 1 ? ' day' : ' days') + ' ago')
  }
  window.addEventListener('hashchange', show)
  show()
})()
`
