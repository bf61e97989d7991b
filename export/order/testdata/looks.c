// Prints every character beyond ASCII that looks like ASCII characters alone:
// whose skeleton by UTS 39, section 4, or whose compatibility form is ASCII. Made ../looks.go:
//
//	cc looks.c -o looks $(pkg-config --cflags --libs icu-i18n icu-uc) && ./looks
#include <stdio.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>

static int ascii(const UChar *s, int32_t n) {
	for (int32_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f) return 0;
	return n > 0;
}

int main(void) {
	UErrorCode err = U_ZERO_ERROR;
	USpoofChecker *spoof = uspoof_open(&err);
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&err);
	const UNormalizer2 *nfkc = unorm2_getNFKCInstance(&err);
	for (UChar32 c = 0x80; c <= 0x10ffff && U_SUCCESS(err); c++) {
		UChar in[2], out[64];
		int32_t n = 0;
		U16_APPEND_UNSAFE(in, n, c);
		if (U_IS_SURROGATE(c) || !u_isdefined(c) || !unorm2_isNormalized(nfc, in, n, &err)) continue;
		if (ascii(out, uspoof_getSkeleton(spoof, 0, in, n, out, 64, &err)) ||
		    ascii(out, unorm2_normalize(nfkc, in, n, out, 64, &err))) printf("%x\n", c);
	}
	return U_FAILURE(err);
}
