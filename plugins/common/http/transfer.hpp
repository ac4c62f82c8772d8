// SPDX-License-Identifier: Apache-2.0
// One request on its way: a libcurl easy handle with what it calls back. Private to the client.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "common/http/message.hpp"

namespace sonde::common::http {

class transfer {
public:
    // Null when libcurl has no memory.
    [[nodiscard]] static std::unique_ptr<transfer> make(request_id id, request what, const client_settings& settings,
                                                        receiver& to);
    transfer(const transfer&) = delete;
    transfer& operator=(const transfer&) = delete;
    ~transfer();

    [[nodiscard]] request_id id() const noexcept { return id_; }
    [[nodiscard]] CURL* handle() const noexcept { return handle_; }
    // After this nothing is told to the receiver.
    void silence() noexcept { to_ = nullptr; }
    [[nodiscard]] bool is_silent() const noexcept { return to_ == nullptr; }
    // Tells the receiver how it ended.
    void finish(CURLcode code);

private:
    transfer(request_id id, request what, receiver& to) noexcept : id_(id), what_(std::move(what)), to_(&to) {}
    [[nodiscard]] bool prepare(const client_settings& settings);
    void set_credentials();
    void set_tls(const tls_settings& tls);
    void set_proxy(const client_settings& settings);
    void take_header(std::string_view line);
    [[nodiscard]] bool take_body(std::string_view bytes);
    void announce();
    static std::size_t header_arrived(char* data, std::size_t, std::size_t size, void* self);
    static std::size_t body_arrived(char* data, std::size_t, std::size_t size, void* self);

    request_id id_;
    request what_;
    receiver* to_;
    CURL* handle_ = nullptr;
    curl_slist* headers_ = nullptr;
    curl_slist* connect_to_ = nullptr;
    char problem_[CURL_ERROR_SIZE] = {};
    response_head head_;
    bool is_announced_ = false;
    bool was_refused_ = false;
    bool is_too_large_ = false;
    std::size_t body_size_ = 0;
};

}  // namespace sonde::common::http
