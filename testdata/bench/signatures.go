package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
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

// signatures are of two keys, each on a digest of its own: those of the
// provider's on statements and, on every third, the engineer's.
type signatures struct {
	key       *ecdsa.PrivateKey
	engineer  ed25519.PrivateKey
	sums      [][sha256.Size]byte
	sigs      [][]byte
	engineers [][]byte
}

func newSignatures(n int) (*signatures, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	_, engineer, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	s := &signatures{key: key, engineer: engineer, sums: make([][sha256.Size]byte, n), sigs: make([][]byte, n), engineers: make([][]byte, n)}
	return s, s.each(func(i int) (err error) {
		s.sums[i] = sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
		if i%3 == 0 {
			s.engineers[i] = ed25519.Sign(engineer, s.sums[i][:])
		}
		s.sigs[i], err = ecdsa.SignASN1(rand.Reader, key, s.sums[i][:])
		return err
	})
}

// verify verifies the provider's, and the engineer's if asked to, and returns the
// seconds that it took.
func (s *signatures) verify(engineers bool) (float64, error) {
	start := time.Now()
	of := s.engineer.Public().(ed25519.PublicKey)
	err := s.each(func(i int) error {
		if engineers && s.engineers[i] != nil && !ed25519.Verify(of, s.sums[i][:], s.engineers[i]) {
			return errors.New("an engineer's signature does not verify")
		}
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
