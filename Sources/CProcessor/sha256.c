#include "settle_processor.h"

#include <string.h>

static const uint32_t K[64] __attribute__((aligned(64))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// ---- plain C -------------------------------------------------------------------------------------------

static inline uint32_t rotate(uint32_t x, int n) { return (x >> n) | (x << (32 - n)); }

// One body, compiled twice: for any processor, and for one with BMI2 (rotates without a move).
static inline __attribute__((always_inline)) void portable(uint32_t state[8], const uint8_t *block, size_t count) {
  uint32_t w[64];
  for (; count > 0; count--, block += 64) {
    for (int i = 0; i < 16; i++) {
      uint32_t word;
      memcpy(&word, block + 4 * i, 4);
      w[i] = __builtin_bswap32(word);
    }
    for (int i = 16; i < 64; i++) {
      uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3);
      uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
#pragma clang loop unroll(full)
    for (int i = 0; i < 64; i++) {
      uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (g ^ (e & (f ^ g))) + K[i] + w[i];
      uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) | (c & (a | b)));
      h = g; g = f; f = e; e = d + t1;
      d = c; c = b; b = a; a = t1 + t2;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }
}

static void compress_portable(uint32_t state[8], const uint8_t *blocks, size_t count) {
  portable(state, blocks, count);
}

#if defined(__x86_64__)
// ---- x86-64 with SHA instructions ----------------------------------------------------------------------
#include <cpuid.h>
#include <immintrin.h>

__attribute__((target("bmi2")))
static void compress_bmi2(uint32_t state[8], const uint8_t *blocks, size_t count) {
  portable(state, blocks, count);
}

__attribute__((target("sha,sse4.1")))
static void compress_instructions(uint32_t state[8], const uint8_t *block, size_t count) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  // The instructions keep the state as ABEF and CDGH.
  __m128i lo = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)&state[0]), 0xB1);
  __m128i hi = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)&state[4]), 0x1B);
  __m128i abef = _mm_alignr_epi8(lo, hi, 8);
  __m128i cdgh = _mm_blend_epi16(hi, lo, 0xF0);
  for (; count > 0; count--, block += 64) {
    const __m128i abefBefore = abef, cdghBefore = cdgh;
    __m128i w[4];
    for (int i = 0; i < 4; i++)
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block + 16 * i)), swap);
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
      __m128i sum = _mm_add_epi32(w[i & 3], _mm_load_si128((const __m128i *)&K[4 * i]));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
      if (i < 12) {
        __m128i next = _mm_add_epi32(_mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]),
                                     _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
        w[i & 3] = _mm_sha256msg2_epu32(next, w[(i + 3) & 3]);
      }
    }
    abef = _mm_add_epi32(abef, abefBefore);
    cdgh = _mm_add_epi32(cdgh, cdghBefore);
  }
  lo = _mm_shuffle_epi32(abef, 0x1B);
  hi = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)&state[0], _mm_blend_epi16(lo, hi, 0xF0));
  _mm_storeu_si128((__m128i *)&state[4], _mm_alignr_epi8(hi, lo, 8));
}

static int has(unsigned leaf7_ebx_bit) {
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  return (b >> leaf7_ebx_bit) & 1;
}

static int has_sse41(void) {
  unsigned a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) && ((c >> 19) & 1) && ((c >> 9) & 1);
}

int settle_sha256_best(void) {
  // Asked once: under a hypervisor each question takes microseconds.
  static int best = -1;
  int known = __atomic_load_n(&best, __ATOMIC_RELAXED);
  if (known < 0) {
    known = has(29) && has_sse41() ? SETTLE_SHA256_INSTRUCTIONS : SETTLE_SHA256_PORTABLE;
    __atomic_store_n(&best, known, __ATOMIC_RELAXED);
  }
  return known;
}

void settle_sha256_compress(int way, uint32_t state[8], const uint8_t *blocks, size_t count) {
  static int bmi2 = -1;
  if (way == SETTLE_SHA256_INSTRUCTIONS) { compress_instructions(state, blocks, count); return; }
  int known = __atomic_load_n(&bmi2, __ATOMIC_RELAXED);
  if (known < 0) { known = has(8); __atomic_store_n(&bmi2, known, __ATOMIC_RELAXED); }
  if (known) compress_bmi2(state, blocks, count); else compress_portable(state, blocks, count);
}

#else
int settle_sha256_best(void) { return SETTLE_SHA256_PORTABLE; }
void settle_sha256_compress(int way, uint32_t state[8], const uint8_t *blocks, size_t count) {
  (void)way;
  compress_portable(state, blocks, count);
}
#endif
