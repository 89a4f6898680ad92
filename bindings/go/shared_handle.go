// SPDX-License-Identifier: Apache-2.0

package berth

import (
	"sync/atomic"
	"unsafe"
)

// sharedHandle owns an immutable object of C that goroutines use at the same time. It is freed when it
// was closed and the last of them is through, so that closing is safe at any time.
type sharedHandle struct {
	pointer unsafe.Pointer
	free    func(unsafe.Pointer)
	users   int64 // and 1 for the owner, until it is closed
	closed  int32
}

func (h *sharedHandle) open(pointer unsafe.Pointer, free func(unsafe.Pointer)) {
	h.pointer, h.free, h.users = pointer, free, 1
}

// use gives the pointer until done, or nil if it is closed.
func (h *sharedHandle) use() unsafe.Pointer {
	for {
		users := atomic.LoadInt64(&h.users)
		if users == 0 || atomic.LoadInt32(&h.closed) != 0 {
			return nil
		}
		if atomic.CompareAndSwapInt64(&h.users, users, users+1) {
			return h.pointer
		}
	}
}

// done ends what use began.
func (h *sharedHandle) done() {
	if atomic.AddInt64(&h.users, -1) == 0 {
		h.free(h.pointer)
	}
}

func (h *sharedHandle) close() {
	if h.free != nil && atomic.CompareAndSwapInt32(&h.closed, 0, 1) {
		h.done()
	}
}

var errClosed = &Error{Status: ErrClosed}
