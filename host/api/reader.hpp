// SPDX-License-Identifier: Apache-2.0
// HTTP/1.x messages from bytes as they arrive, bounded in size. The server reads requests with it, the client answers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

#include "api/message.hpp"

namespace sonde::api {

struct reader_limits {
    std::uint32_t header = 8u << 10;  // bytes of request line and headers, and of a trailer; above: 431
    std::uint64_t body = 64u << 10;   // above: 413
};

enum class progress { more, complete, refused };

// A request and what the connection has to know of it.
struct incoming {
    request what;
    bool head = false;        // HEAD: answer without a body
    bool keep_alive = false;  // the client would like another exchange
    bool http11 = true;       // understands chunks
    std::string host;
};

class request_reader final {
public:
    explicit request_reader(reader_limits limits = {});
    ~request_reader();
    request_reader(request_reader&&) noexcept;
    request_reader& operator=(request_reader&&) noexcept;

    // Takes what belongs to this request from the front of `input`; what follows stays there. Bytes of an unfinished
    // header stay too, at most the header limit and one read more. Not to be called again after complete or refused.
    [[nodiscard]] progress feed(std::string& input);

    // After the header the client waits for "100 Continue" before it sends the body. True once.
    [[nodiscard]] bool wants_continue();

    [[nodiscard]] incoming take();           // after complete
    [[nodiscard]] response refusal() const;  // after refused: 400, 413 or 431

private:
    struct state;
    std::unique_ptr<state> state_;
};

// One whole request from memory, by the same code.
[[nodiscard]] result<request> parse_request(std::string_view bytes, reader_limits limits = {});

class answer_reader final {
public:
    answer_reader();
    ~answer_reader();
    answer_reader(answer_reader&&) noexcept;
    answer_reader& operator=(answer_reader&&) noexcept;

    [[nodiscard]] progress feed(std::string& input);
    // The server has closed: complete if that is how this answer ends.
    [[nodiscard]] progress finish();

    [[nodiscard]] bool has_head() const;
    [[nodiscard]] int status() const;  // after has_head
    [[nodiscard]] std::string content_type() const;
    // What has arrived of the body since the last call.
    [[nodiscard]] std::string take_body();

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::api
