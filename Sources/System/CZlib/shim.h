#pragma once
#include <zlib.h>

// deflateInit2 and inflateInit2 are macros with arguments, which Swift does not see. 16 more than the window's bits asks
// for gzip's own header and trailer.
static inline int switchboard_deflate_begin(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

static inline int switchboard_inflate_begin(z_stream *stream) {
    return inflateInit2(stream, 15 + 16);
}
