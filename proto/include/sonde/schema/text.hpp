// SPDX-License-Identifier: Apache-2.0
// An envelope as one aligned line for a terminal: local time, topic, node, then the leading fields of the payload.
// What events carry cannot move the cursor or change colours: control characters come out escaped.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <sonde/schema/batch.hpp>

namespace sonde::schema {

// Not thread-safe: one per thread.
class SONDE_SCHEMA_API text_printer final {
public:
    // Lines are cut to `width` characters; 0 means never.
    explicit text_printer(std::size_t width);
    text_printer(text_printer&&) noexcept;
    text_printer& operator=(text_printer&&) noexcept;
    ~text_printer();

    // Appends the line, without a line end.
    void append(const envelope_view& envelope, std::string& out);

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::schema
