// SPDX-License-Identifier: Apache-2.0

package berth

import (
	"fmt"
	"io"
	"os"
)

// pipeTo gives w what the library writes to a path. The path names a pipe, which the library writes
// directly, so nothing goes through a file.
func pipeTo(w io.Writer, write func(path string) error) (int64, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return 0, &Error{Status: ErrOpenOutput, Detail: err.Error(), Cause: err}
	}
	defer reader.Close()
	type ending struct {
		written int64
		err     error
	}
	copied := make(chan ending, 1)
	go func() {
		written, err := io.Copy(w, reader)
		if err != nil { // the library must not wait for a reader that has gone
			_, _ = io.Copy(io.Discard, reader)
		}
		copied <- ending{written, err}
	}()
	err = write(fmt.Sprintf("/dev/fd/%d", writer.Fd()))
	writer.Close()
	end := <-copied
	if err == nil && end.err != nil {
		err = &Error{Status: ErrWrite, Detail: end.err.Error(), Cause: end.err}
	}
	return end.written, err
}

// pipeFrom has the library read what write gives from a path.
func pipeFrom(document []byte, read func(path string) error) error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return &Error{Status: ErrRead, Detail: err.Error(), Cause: err}
	}
	defer reader.Close()
	written := make(chan struct{})
	go func() {
		defer close(written)
		_, _ = writer.Write(document) // ends early if the library stops reading early
		writer.Close()
	}()
	err = read(fmt.Sprintf("/dev/fd/%d", reader.Fd()))
	reader.Close()
	<-written
	return err
}
