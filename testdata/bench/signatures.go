package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// signatures are of one key, each on a digest of its own.
type signatures struct {
	key  *ecdsa.PrivateKey
	sums [][sha256.Size]byte
	sigs [][]byte
}

func newSignatures(n int) (*signatures, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	s := &signatures{key: key, sums: make([][sha256.Size]byte, n), sigs: make([][]byte, n)}
	return s, s.each(func(i int) (err error) {
		s.sums[i] = sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
		s.sigs[i], err = ecdsa.SignASN1(rand.Reader, key, s.sums[i][:])
		return err
	})
}

// verify verifies all, and returns the seconds that it took.
func (s *signatures) verify() (float64, error) {
	start := time.Now()
	err := s.each(func(i int) error {
		if !ecdsa.VerifyASN1(&s.key.PublicKey, s.sums[i][:], s.sigs[i]) {
			return errors.New("a signature does not verify")
		}
		return nil
	})
	return time.Since(start).Seconds(), err
}

// each calls f with each index, on all cores.
func (s *signatures) each(f func(i int) error) error {
	var (
		next    atomic.Int64
		workers sync.WaitGroup
		once    sync.Once
		failed  error
	)
	for range runtime.NumCPU() {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(s.sums)); i = next.Add(1) - 1 {
				if err := f(int(i)); err != nil {
					once.Do(func() { failed = err })
					return
				}
			}
		})
	}
	workers.Wait()
	return failed
}
