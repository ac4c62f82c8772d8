// SPDX-License-Identifier: Apache-2.0
// Notices that the first process of a container ends, at once and whatever its runtime says, by a pidfd per container.
// From Linux 6.15 on the exit code is told too. Without pidfds (before Linux 5.3) nothing is noticed here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include <sonde/collecting/descriptor.hpp>
#include <sonde/result.hpp>

namespace sonde::container {

class exit_watch {
public:
    // Called for a process that has ended; `exit_code` as a shell gives it: 128 + n for signal n.
    using listener =
        std::function<void(const std::string& id, std::uint32_t pid, std::optional<std::int32_t> exit_code)>;

    [[nodiscard]] static result<exit_watch> make(std::size_t limit);

    enum class outcome : std::uint8_t { watched, gone, full, impossible };
    // In place of what was watched for this container. `gone`: there is no such process any more.
    [[nodiscard]] outcome watch(const std::string& id, std::uint32_t pid);
    void unwatch(const std::string& id);

    [[nodiscard]] int fd() const noexcept { return epoll_.number(); }
    void drain(const listener& to);
    [[nodiscard]] std::size_t size() const noexcept { return watched_.size(); }

private:
    struct process {
        collecting::descriptor fd;
        std::uint32_t pid = 0;
        std::uint64_t ticket = 0;
    };

    explicit exit_watch(std::size_t limit) : limit_(limit) {}

    std::size_t limit_;
    collecting::descriptor epoll_;
    std::map<std::string, process> watched_;
    std::map<std::uint64_t, std::string> ids_;  // by ticket
    std::uint64_t last_ticket_ = 0;
};

}  // namespace sonde::container
