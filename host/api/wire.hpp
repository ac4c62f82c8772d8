// SPDX-License-Identifier: Apache-2.0
// The bytes of an answer's head and of chunks.
#pragma once

#include <string>
#include <string_view>

#include "api/message.hpp"

namespace sonde::api {

struct framing {
    bool keep_alive = false;
    bool chunked = false;  // a stream to an HTTP/1.1 client; to an older one it ends with the connection
};

// Status line and headers with the final empty line. Content-Length is that of `body`, unless the answer is a stream.
[[nodiscard]] std::string encode_head(const response& of, framing with);

[[nodiscard]] std::string encode_chunk(std::string_view data);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace sonde::api
