// SPDX-License-Identifier: Apache-2.0
// What all JSON forms of a message have in common: brackets, and commas where they are due.
#pragma once

#include <string>

#include "envelope_text.hpp"
#include "message_walker.hpp"

namespace sonde::schema {

// After an opening bracket no comma is due, and no text ends in one: strings end in '"'.
class json_sink : public message_sink {
public:
    explicit json_sink(std::string& out) : out_(out) {}

    void entry(std::string_view key) final {
        comma();
        append_quoted(key, out_);
        out_ += ':';
    }
    void element() final { comma(); }
    void open_object() final { out_ += '{'; }
    void close_object() final { out_ += '}'; }
    void open_list() final { out_ += '['; }
    void close_list() final { out_ += ']'; }

protected:
    ~json_sink() = default;

    void comma() {
        if (out_.back() != '{' && out_.back() != '[') {
            out_ += ',';
        }
    }

    std::string& out_;
};

}  // namespace sonde::schema
