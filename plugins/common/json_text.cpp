// SPDX-License-Identifier: Apache-2.0
#include "common/json_text.hpp"

#include "common/valid_utf8.hpp"

namespace sonde::common {

void append_json_string(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string scratch;
    out.push_back('"');
    for (const char c : valid_utf8(text, scratch)) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (code < 0x20 || code == 0x7f) {
            out.append("\\u00").push_back(digits[code >> 4]);
            out.push_back(digits[code & 0xf]);
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
}

}  // namespace sonde::common
