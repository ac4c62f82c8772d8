// SPDX-License-Identifier: Apache-2.0
// Containers as containerd's own interface tells them, in all of its namespaces: lists once, then follows its events,
// which bring the exit code with the exit. Used by the data thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/grpc/unary.hpp"
#include "container/containerd_messages.hpp"
#include "container/grpc_session.hpp"
#include "container/proc_reader.hpp"
#include "container/source.hpp"
#include "container/state_files.hpp"

namespace sonde::container {

class containerd_source final : private common::grpc::receiver {
public:
    containerd_source(origin as, std::string socket, std::size_t most_containers, std::uint32_t seed,
                      const proc_reader& processes, sink& to);
    containerd_source(const containerd_source&) = delete;
    containerd_source& operator=(const containerd_source&) = delete;
    ~containerd_source();

    // Does what is due; to be called when fd() is readable or due() has come.
    void turn(std::chrono::nanoseconds now);
    [[nodiscard]] std::chrono::nanoseconds due() const;
    [[nodiscard]] int fd() const noexcept { return session_.fd(); }
    void hint(std::chrono::nanoseconds now) { session_.hurry(now); }

    [[nodiscard]] source_status status() const;
    [[nodiscard]] std::uint64_t failures() const noexcept { return session_.failures(); }
    [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }
    [[nodiscard]] std::uint64_t malformed() const noexcept { return malformed_; }

private:
    using handler = void (containerd_source::*)(containerd::bytes);
    struct known {
        container_facts facts;
        bool is_described = false;  // labels and image are known, not only the task
    };
    // A container whose description is asked for after an event.
    struct wanted {
        std::string runtime_namespace;
        std::string id;
    };

    void on_message(std::span<const std::uint8_t> message) override;
    void on_end(const common::grpc::outcome& how) override;

    void ask(const char* method, std::string message, const std::string& runtime_namespace, handler then);
    void take_namespaces(containerd::bytes answer);
    void list_next();
    void take_containers(containerd::bytes answer);
    void take_tasks(containerd::bytes answer);
    void describe_next();
    void take_description(containerd::bytes answer);
    void take_task(containerd::bytes answer);
    void note(containerd::listed_container& listed, const std::string& runtime_namespace);
    void apply(const containerd::event& event);
    [[nodiscard]] known* find(const std::string& id, const std::string& runtime_namespace);
    void tell(known& of);
    void lose(health_of_source how, std::string text);
    void close(std::chrono::nanoseconds now);

    origin as_;
    std::size_t most_containers_;
    const proc_reader* processes_;
    sink* sink_;
    grpc_session session_;
    state_file_reader reader_;
    std::map<std::string, known, std::less<>> known_;
    std::deque<std::string> to_list_;  // namespaces
    std::string listing_;
    std::deque<wanted> to_describe_;
    wanted describing_;
    bool is_synced_ = false;
    std::optional<source_status> lost_;
    std::uint64_t requests_ = 0;
    std::uint64_t malformed_ = 0;
    common::grpc::call_id events_ = 0;
    common::grpc::unary call_;  // last: its answers use the rest
};

}  // namespace sonde::container
