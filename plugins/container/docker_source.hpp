// SPDX-License-Identifier: Apache-2.0
// Containers as Docker's HTTP interface tells them, and podman's, which speaks the same: lists, inspects each, follows
// the events. Used by the data thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include <sonde/collecting/backoff.hpp>

#include "common/http/client.hpp"
#include "container/proc_reader.hpp"
#include "container/source.hpp"
#include "container/state_files.hpp"

namespace sonde::container {

class docker_source {
public:
    docker_source(origin as, std::string socket, std::size_t most_containers, std::uint32_t seed,
                  const proc_reader& processes, sink& to);
    docker_source(const docker_source&) = delete;
    docker_source& operator=(const docker_source&) = delete;
    ~docker_source();

    // Does what is due; to be called when fd() is readable or due() has come.
    void turn(std::chrono::nanoseconds now);
    [[nodiscard]] std::chrono::nanoseconds due() const;
    [[nodiscard]] int fd() const noexcept { return client_ ? client_->fd() : -1; }
    void hint(std::chrono::nanoseconds now) noexcept;

    [[nodiscard]] source_status status() const { return {as_, socket_, how_, text_}; }
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }
    [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }
    [[nodiscard]] std::uint64_t malformed() const noexcept { return malformed_; }

private:
    // One request with one answer.
    class question final : public common::http::receiver {
    public:
        std::function<void(int code, const std::string& body, const common::http::outcome& how)> done;
        common::http::request_id id = 0;

    private:
        void on_head(const common::http::response_head& head) override { code_ = head.status; }
        [[nodiscard]] bool on_body(std::string_view bytes) override {
            body_.append(bytes);
            return true;
        }
        void on_end(const common::http::outcome& how) override;

        int code_ = 0;
        std::string body_;
    };
    // The events: one JSON object per line, for ever.
    class feed final : public common::http::receiver {
    public:
        explicit feed(docker_source& of) : of_(&of) {}
        common::http::request_id id = 0;

    private:
        void on_head(const common::http::response_head& head) override { code_ = head.status; }
        [[nodiscard]] bool on_body(std::string_view bytes) override;
        void on_end(const common::http::outcome& how) override;

        docker_source* of_;
        int code_ = 0;
        std::string line_;
        friend class docker_source;
    };

    void open(std::chrono::nanoseconds now);
    void ask(const std::string& path, void (docker_source::*then)(int, const std::string&));
    void take_version(int code, const std::string& body);
    void take_list(int code, const std::string& body);
    void inspect_next();
    void take_container(int code, const std::string& body);
    void take_event(std::string_view line);
    void lose(health_of_source how, std::string text);
    void close(std::chrono::nanoseconds now);

    origin as_;
    std::string socket_;
    std::size_t most_containers_;
    const proc_reader* processes_;
    sink* sink_;
    collecting::backoff backoff_;
    std::optional<common::http::client> client_;
    state_file_reader reader_;
    docker_engine engine_;
    std::chrono::nanoseconds due_{};
    health_of_source how_ = health_of_source::absent;
    std::string text_;
    std::optional<source_status> lost_;
    bool is_listing_ = false;
    std::deque<std::string> to_inspect_;
    std::string inspecting_;
    std::uint64_t failures_ = 0;
    std::uint64_t requests_ = 0;
    std::uint64_t malformed_ = 0;
    question question_;
    feed feed_;
};

}  // namespace sonde::container
