#!/usr/bin/env python3
"""Opens pages in headless Chromium, at widths of 1280 and 400, light and dark, without network, and says what is wrong
with them: browser.py [--pictures] CHROMIUM PAGE... One line per fault; none, and exit status 0, when all is right. With
--pictures, keeps what it saw beside each page as PAGE-WIDTH-SCHEME.png. Speaks the DevTools protocol over a pipe."""
import argparse
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

# Run in the page. Texts of one drawing that lie over each other by more than a hair; parts that reach beyond the window,
# unless something around them scrolls, and columns of the verdict that must not; texts of drawings that are too small to
# read; drawings that name what is not there; whatever could act.
PROBE = r"""
(() => {
  const faults = [], wide = innerWidth;
  if (document.documentElement.scrollWidth > wide)
    faults.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${wide}`);
  const scrolls = e => { for (; e; e = e.parentElement) if (/auto|scroll/.test(getComputedStyle(e).overflowX)) return true; return false; };
  for (const e of document.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect();
    if (box.width > 1 && (box.right > wide + 1 || box.left < -1) && !scrolls(e) && !e.closest('svg, .hidden, caption'))
      faults.push(`${e.tagName} reaches from ${box.left} to ${box.right}`);
  }
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2.5;
  const overlaps = (list, where) => {
    for (let i = 0; i < list.length; i++)
      for (let j = 0; j < i; j++)
        if (over(list[i].box, list[j].box)) faults.push(`${where}: '${list[j].name}' and '${list[i].name}' overlap`);
  };
  const boxes = (from, what, name) => [...from.querySelectorAll(what)].map(e => ({box: e.getBoundingClientRect(), name: name(e)})).filter(x => x.box.width > 0);
  const drawings = document.querySelectorAll('.drawing > svg');
  for (const svg of drawings) {
    const where = svg.closest('figure').id, texts = boxes(svg, 'text', e => e.textContent.trim()), frame = svg.getBoundingClientRect();
    overlaps(texts, where);
    for (const e of svg.querySelectorAll('text')) {
      const matrix = e.getScreenCTM(), pixels = parseFloat(getComputedStyle(e).fontSize) * Math.hypot(matrix.a, matrix.b);
      if (e.textContent.trim() && pixels < 9) faults.push(`${where}: '${e.textContent.trim()}' has only ${pixels.toFixed(1)} pixels`);
    }
    for (const t of texts)
      if (t.box.left < frame.left - 1 || t.box.right > frame.right + 1 || t.box.top < frame.top - 1 || t.box.bottom > frame.bottom + 1)
        faults.push(`${where}: '${t.name}' reaches out of its drawing`);
    for (const use of svg.querySelectorAll('use'))
      if (use.hasAttribute('href') && !document.getElementById(use.getAttribute('href').slice(1))) faults.push(`${where}: nothing is called ${use.getAttribute('href')}`);
    if (!(svg.getAttribute('aria-label') || '').trim()) faults.push(`${where}: no alternative text`);
  }
  for (const e of document.querySelectorAll('table.verdict th[scope=col]'))
    if (/^(backend|workers|speedup|against serial)$/.test(e.textContent) && e.getBoundingClientRect().right > wide)
      faults.push(`the verdict's '${e.textContent}' is beyond the window`);
  overlaps(boxes(document, 'header, section, figure h3, figcaption p, .drawing, .losses, figure details', e => e.id || e.tagName).filter((x, i, all) => x.name !== 'figures'), 'page');
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  for (const id of new Set(ids)) if (ids.filter(i => i === id).length > 1) faults.push(`two are called ${id}`);
  for (const e of document.querySelectorAll('script, iframe, object, embed, foreignObject')) faults.push(`there is a ${e.tagName}`);
  for (const e of document.querySelectorAll('*')) for (const a of e.attributes) {
    if (/^on/i.test(a.name)) faults.push(`${e.tagName} has ${a.name}`);
    if (/^(src|href|xlink:href)$/i.test(a.name) && !/^(#|data:)/.test(a.value)) faults.push(`${e.tagName} leads to ${a.value}`);
  }
  return JSON.stringify({faults, drawings: drawings.length, paper: getComputedStyle(document.body).backgroundColor});
})()
"""


class Browser:
    """A Chromium of our own, its commands and its answers over descriptors 3 and 4."""

    def __init__(self, program, folder):
        to_read, self.to_write = os.pipe()
        self.from_read, from_write = os.pipe()

        def place():  # in the child
            os.dup2(to_read, 103)
            os.dup2(from_write, 104)
            os.dup2(103, 3)
            os.dup2(104, 4)

        options = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars',
                   '--no-first-run', '--disable-background-networking', '--disable-component-update',
                   '--force-color-profile=srgb', '--user-data-dir=' + folder, '--remote-debugging-pipe', 'about:blank']
        self.process = subprocess.Popen([program] + options, preexec_fn=place, close_fds=False,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.rest, self.number, self.session, self.complaints, self.events = b'', 0, None, [], []
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in 'Page', 'Runtime', 'Log', 'Network':
            self.call(domain + '.enable')

    def receive(self):
        while b'\0' not in self.rest:
            piece = os.read(self.from_read, 1 << 16)
            if not piece:
                raise EOFError('the browser has gone')
            self.rest += piece
        message, self.rest = self.rest.split(b'\0', 1)
        return json.loads(message)

    def note(self, event):
        method, what = event.get('method'), event.get('params', {})
        self.events.append(method)
        if method == 'Log.entryAdded':
            self.complaints.append('log: ' + what['entry']['text'])
        elif method == 'Runtime.exceptionThrown':
            self.complaints.append('exception: ' + what['exceptionDetails']['text'])
        elif method == 'Runtime.consoleAPICalled':
            self.complaints.append('console: ' + what['type'])
        elif method == 'Page.javascriptDialogOpening':
            self.complaints.append('dialog: ' + what['message'])
        elif method == 'Network.requestWillBeSent' and not what['request']['url'].startswith(('file:', 'data:', 'about:')):
            self.complaints.append('request: ' + what['request']['url'])

    def call(self, method, **params):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': params}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.to_write, json.dumps(message).encode() + b'\0')
        while True:
            answer = self.receive()
            if answer.get('id') == self.number:
                if 'error' in answer:
                    raise RuntimeError(method + ': ' + answer['error']['message'])
                return answer['result']
            self.note(answer)

    def open(self, url, width, scheme):
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': scheme}])
        self.events = []
        self.call('Page.navigate', url=url)
        while 'Page.loadEventFired' not in self.events:
            self.note(self.receive())

    def probe(self):
        return json.loads(self.call('Runtime.evaluate', expression=PROBE)['result']['value'])

    def picture(self, path):
        shot = self.call('Page.captureScreenshot', captureBeyondViewport=True)
        pathlib.Path(path).write_bytes(base64.b64decode(shot['data']))

    def close(self):
        self.session = None
        self.call('Browser.close')
        self.process.wait(20)


def look(browser, page, pictures):
    faults, papers, browser.complaints = [], {}, []
    for width in 1280, 400:
        for scheme in 'light', 'dark':
            browser.open(page.as_uri(), width, scheme)
            if pictures:
                browser.picture(f'{page}-{width}-{scheme}.png')
            for show in 'false', 'true':
                browser.call('Runtime.evaluate', expression=f"document.querySelectorAll('details').forEach(d => d.open = {show})")
                seen = browser.probe()
                faults += [f'{width} {scheme}: {fault}' for fault in seen['faults']]
            papers[scheme] = seen['paper']
    if papers['light'] == papers['dark']:
        faults.append('light and dark are the same: ' + papers['light'])
    print(f'# {page.parent.name}: {seen["drawings"]} drawings', file=sys.stderr)
    return [f'{page.parent.name}, {fault}' for fault in faults + browser.complaints]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--pictures', action='store_true')
    parser.add_argument('chromium')
    parser.add_argument('pages', nargs='+', type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(options.chromium, folder)
        faults = [fault for page in options.pages for fault in look(browser, page.resolve(), options.pictures)]
        browser.close()
    print('\n'.join(faults))
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
