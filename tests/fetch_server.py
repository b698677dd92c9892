#!/usr/bin/env python3
"""A web server on loopback that fails in every way, for tests/test_fetch.c.

    tests/fetch_server.py FOLDER

Makes the files that it serves in FOLDER, then listens, and writes its port to FOLDER/port; each request
becomes a line of FOLDER/log: method, path, Range or "-". An address is /HOW/FILE, where HOW is

    ok        parts of files are given, as asked for
    whole     parts are not given: all of the file, whatever is asked for
    short     half of what is asked for, then the connection ends: each time
    once      as `short` the first time, as `ok` from then on
    cut       as `short` the first time, as `whole` from then on
    stall     half of what is asked for, then nothing, the first time; as `ok` from then on
    reset     half of what is asked for, then the connection is reset, the first time; as `ok` from then on
    busy      503 the first time; as `ok` from then on
    slow      as `ok`, 4 kB each 50 ms
    redirect  to `ok`
    loop      to itself
    missing   404
    full      a body without a length, one byte too long
    endless   likewise, without an end
    trickle   as `ok`, 10 bytes each 50 ms, the first time; as `ok` from then on
"""
import http.server
import io
import os
import random
import socket
import socketserver
import struct
import sys
import tarfile
import threading
import time
import zipfile

folder = sys.argv[1]
seen = set()


def write(name, data):
    with open(os.path.join(folder, name), 'wb') as file:
        file.write(data)


def archive(name, members):
    with tarfile.open(os.path.join(folder, name), 'w:gz') as tar:
        for path, data in members:
            entry = tarfile.TarInfo(path)
            if isinstance(data, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, data
                tar.addfile(entry)
            else:
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))


def files():
    write('plain', random.Random(1).randbytes(200000))
    with zipfile.ZipFile(os.path.join(folder, 'two.zip'), 'w', zipfile.ZIP_DEFLATED) as both:
        both.writestr('top/x.tsv', 'x\t1\n' * 100)
        both.writestr('top/y.tsv', 'y\t2\n' * 100)
        both.writestr('../z.tsv', 'z\t3\n')
    tree = [('top/neg/0.txt', b'bad'), ('top/neg/1.txt', b'worse'), ('top/pos/0.txt', b'good')]
    archive('tree.tar.gz', tree + [('top/README', b'read me'), ('top/unsup/0.txt', b'?')])
    wide = b'x' * 400000
    with zipfile.ZipFile(os.path.join(folder, 'wide.zip'), 'w', zipfile.ZIP_DEFLATED) as one:
        one.writestr('top/wide', wide)
    archive('wide.tar.gz', [('top/wide', wide)])
    archive('climbs.tar.gz', tree + [('../climbed', b'out')])
    archive('links.tar.gz', tree + [('top/neg/2.txt', '/etc/passwd')])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body=b''):
        self.send_response(status)
        self.send_header('Connection', 'close')  # or curl would try the one that is closed
        for header in headers.items():
            self.send_header(*header)
        self.end_headers()
        if self.command == 'GET':
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        wanted = self.headers.get('Range', '-')
        with open(os.path.join(folder, 'log'), 'a') as log:
            log.write(f'{self.command} {self.path} {wanted}\n')
        _, how, name = self.path.split('/')
        first = self.path not in seen
        if self.command == 'GET':
            seen.add(self.path)
        self.close_connection = True
        if how == 'missing':
            return self.answer(404, {'Content-Length': 9}, b'not found')
        if how == 'busy' and first and self.command == 'GET':
            return self.answer(503, {'Content-Length': 4}, b'busy')
        if how in ('redirect', 'loop'):
            to = 'ok' if how == 'redirect' else 'loop'
            return self.answer(302, {'Location': f'/{to}/{name}', 'Content-Length': 0})
        with open(os.path.join(folder, name), 'rb') as file:
            data = file.read()
        if how == 'full':
            return self.answer(200, {}, data + b'x')
        if how == 'endless':
            self.answer(200, {})
            while True:
                self.wfile.write(data)
        begin, status, headers = 0, 200, {}
        if wanted != '-' and how not in ('whole', 'cut'):
            begin = int(wanted[len('bytes='):].rstrip('-'))
            if begin >= len(data):
                return self.answer(416, {'Content-Length': 0, 'Content-Range': f'bytes */{len(data)}'})
            status, headers = 206, {'Content-Range': f'bytes {begin}-{len(data) - 1}/{len(data)}'}
        self.answer(status, {**headers, 'Content-Length': len(data) - begin})
        if self.command == 'GET':
            self.body(how, first, data[begin:])

    def body(self, how, first, data):
        if how == 'slow' or (how == 'trickle' and first):
            piece = 4096 if how == 'slow' else 10
            for at in range(0, len(data), piece):
                self.wfile.write(data[at:at + piece])
                time.sleep(0.05)
            return
        broken = how == 'short' or (first and how in ('once', 'cut', 'stall', 'reset'))
        self.wfile.write(data[:len(data) // 2] if broken else data)
        self.wfile.flush()
        if broken and how == 'stall':
            time.sleep(4)
        if broken and how == 'reset':
            time.sleep(0.1)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            self.connection.close()

    def finish(self):
        try:
            super().finish()
        except (OSError, ValueError):
            pass  # the connection was reset


class Server(socketserver.ThreadingTCPServer):  # http.server's would ask for its name, of whom nobody answers
    daemon_threads = True

    def handle_error(self, *_):
        pass  # who was interrupted does not read on


files()
server = Server(('127.0.0.1', 0), Handler)
write('port.part', str(server.server_address[1]).encode())
os.rename(os.path.join(folder, 'port.part'), os.path.join(folder, 'port'))
threading.Timer(60, os._exit, (0,)).start()  # nobody waits longer for it
server.serve_forever()
