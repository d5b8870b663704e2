/**
 * The script that keeps a page up to date, in the browser: when the table changes, the server renders the page again, and what differs is changed in place. It also applies
 * filters as they are typed. `?refresh=off` turns the updates off.
 */
export const LIVE_SCRIPT = `
;(function () {
  'use strict'
  var doc = document
  var root = doc.documentElement
  root.classList.add('js')
  var isOn = new URLSearchParams(location.search).get('refresh') !== 'off'
  /** Ages on the page grow old. */
  var OLD_MS = 60000
  var loadedAt = Date.now()
  var events = null
  var retry = null
  var loading = null
  var isWanted = false
  /** While the table changes all the time, a page that is expensive is loaded for a part of the time only. */
  var MAX_SHARE = 0.25
  var pausedUntil = 0
  var resting = null

  function show(state, text) {
    var live = doc.getElementById('live')
    if (!live) return
    if (live.dataset.state !== state) live.dataset.state = state
    if (live.textContent !== text) live.textContent = text
  }

  function connect() {
    clearTimeout(retry)
    if (!isOn || events) return
    events = new EventSource(root.dataset.events + '?since=' + encodeURIComponent(root.dataset.version || ''))
    events.addEventListener('open', function () { show('live', 'live') })
    events.addEventListener('version', function (event) {
      if (event.lastEventId === root.dataset.version) show('live', 'live')
      else want()
    })
    events.addEventListener('problem', function (event) {
      var problem = JSON.parse(event.data)
      show('stale', 'not up to date: ' + problem.title)
    })
    events.addEventListener('error', function () {
      show('stale', 'connection lost, trying again')
      if (events && events.readyState === EventSource.CLOSED) {
        disconnect()
        retry = setTimeout(connect, 3000)
      }
    })
  }

  function disconnect() {
    clearTimeout(retry)
    if (events) events.close()
    events = null
  }

  function want() {
    isWanted = true
    clearTimeout(resting)
    var pauseMs = pausedUntil - Date.now()
    if (pauseMs > 0) resting = setTimeout(want, pauseMs)
    else if (!doc.hidden) refresh()
  }

  /** Loads the page of the address again; of several wishes while it loads, the last one counts. */
  function refresh() {
    if (loading) return loading
    isWanted = false
    var address = location.href
    var beganAt = Date.now()
    loading = fetch(address, { headers: { accept: 'text/html' }, cache: 'no-cache' })
      .then(function (response) { return response.text().then(function (text) { return { ok: response.ok, text: text } }) })
      .then(function (answer) {
        if (location.href === address) apply(answer)
      })
      .catch(function () { show('stale', 'connection lost, trying again') })
      .then(function () {
        loading = null
        pausedUntil = Date.now() + (Date.now() - beganAt) * (1 / MAX_SHARE - 1)
        if (location.href !== address) refresh()
        else if (isWanted) want()
      })
    return loading
  }

  function apply(answer) {
    var next = new DOMParser().parseFromString(answer.text, 'text/html')
    var main = next.querySelector('main')
    if (!main) return
    if (!answer.ok && !doc.getElementById('failed')) {
      show('stale', 'not up to date: ' + (next.querySelector('h1') || main).textContent)
      return
    }
    window.forgeTables.prepare(main)
    window.forgeMorph(doc.querySelector('main'), main)
    var header = next.querySelector('header.top')
    if (header) window.forgeMorph(doc.querySelector('header.top'), header)
    doc.title = next.title
    root.dataset.version = next.documentElement.dataset.version
    loadedAt = Date.now()
    show('live', isOn ? 'live' : 'updates are off')
  }

  var form = null
  var typing = null
  doc.addEventListener('input', function (event) {
    form = event.target.form
    if (!form || form.id !== 'filters') return
    clearTimeout(typing)
    typing = setTimeout(filter, 200)
  })
  doc.addEventListener('submit', function (event) {
    if (event.target.id !== 'filters') return
    event.preventDefault()
    form = event.target
    clearTimeout(typing)
    filter()
  })

  function filter() {
    var query = new URLSearchParams()
    new FormData(form).forEach(function (value, name) { if (String(value).trim() !== '') query.append(name, value) })
    var text = query.toString()
    history.replaceState(null, '', form.getAttribute('action') + (text ? '?' + text : ''))
    refresh()
  }

  doc.addEventListener('keydown', function (event) {
    var search = doc.getElementById('q')
    if (event.key === 'Escape' && event.target === search) { search.blur(); return }
    var isTyping = /^(input|textarea|select)$/i.test(event.target.tagName)
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === '/' && search) { event.preventDefault(); search.focus() }
  })

  doc.addEventListener('visibilitychange', function () {
    if (!doc.hidden && isOn && (isWanted || Date.now() - loadedAt > OLD_MS)) refresh()
  })
  setInterval(function () {
    if (!doc.hidden && isOn && Date.now() - loadedAt > OLD_MS) refresh()
  }, 5000)
  window.addEventListener('pagehide', disconnect)
  window.addEventListener('pageshow', function (event) {
    connect()
    if (event.persisted && isOn) refresh()
  })
  if (isOn) connect()
  else show('off', 'updates are off')
})()
`
