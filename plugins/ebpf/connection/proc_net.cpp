// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/proc_net.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <unordered_set>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace sonde::ebpf::connection {
namespace {

// States of include/net/tcp_states.h; an unconnected UDP socket shows TCP_CLOSE.
constexpr std::uint8_t listening = 10;
constexpr std::uint8_t unconnected = 7;

std::string_view next_word(std::string_view& line) noexcept {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    return word;
}

template <class Number>
bool read_hex(std::string_view text, Number& value) noexcept {
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return fault == std::errc{} && end == text.data() + text.size() && !text.empty();
}

// "0100007F:1F90": only the port matters.
bool read_port(std::string_view word, std::uint16_t& port) noexcept {
    const std::size_t colon = word.find(':');
    return colon != std::string_view::npos && (colon == 8 || colon == 32) && read_hex(word.substr(colon + 1), port);
}

struct file_plan {
    const char* path;
    transport over;
};
constexpr std::array plans{file_plan{"/net/tcp", transport::tcp}, file_plan{"/net/tcp6", transport::tcp},
                           file_plan{"/net/udp", transport::udp}, file_plan{"/net/udp6", transport::udp}};

class descriptor {
public:
    explicit descriptor(const std::string& path) noexcept : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    [[nodiscard]] int number() const noexcept { return fd_; }

private:
    int fd_;
};

class walk {
public:
    walk(port_bindings& into, const port_range& ephemeral, const walk_limits& limits)
        : into_(into), ephemeral_(ephemeral), limits_(limits) {}

    // False once a limit is reached.
    bool visit(const std::string& process) {
        std::array<char, 64> link{};
        const ssize_t size = ::readlink((process + "/ns/net").c_str(), link.data(), link.size());
        if (size <= 0) {
            ++stats.unreadable;
            return true;
        }
        const auto inode = parse_namespace_link({link.data(), static_cast<std::size_t>(size)});
        if (!inode || seen_.contains(*inode)) {
            return true;
        }
        if (seen_.size() == limits_.namespaces) {
            return false;
        }
        seen_.insert(*inode);
        ++stats.namespaces;
        for (const file_plan& plan : plans) {
            read_file(process + plan.path, plan.over, *inode);
        }
        return true;
    }

    walk_stats stats;

private:
    void read_file(const std::string& path, transport over, std::uint32_t inode) {
        const descriptor file(path);
        if (file.number() < 0) {
            ++stats.unreadable;  // also a kernel without IPv6
            return;
        }
        std::string rest;
        std::size_t total = 0;
        bool is_heading = true;
        while (true) {
            const ssize_t size = ::read(file.number(), block_.data(), block_.size());
            if (size < 0) {
                ++stats.unreadable;
            }
            if (size <= 0) {
                return;
            }
            rest.append(block_.data(), static_cast<std::size_t>(size));
            std::size_t begin = 0;
            for (std::size_t end; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1) {
                const std::string_view line(rest.data() + begin, end - begin);
                if (!std::exchange(is_heading, false) && !take_line(line, over, inode)) {
                    return;
                }
            }
            rest.erase(0, begin);
            total += static_cast<std::size_t>(size);
            if (total >= limits_.file_bytes) {
                stats.is_cut = true;
                return;
            }
        }
    }

    // False if nothing of interest can follow: the kernel lists all listeners before the first connection
    // (net/ipv4/tcp_ipv4.c, tcp_seek_last_pos), and there may be a million connections.
    bool take_line(std::string_view line, transport over, std::uint32_t inode) {
        const auto found = parse_socket_line(line);
        if (!found) {
            ++stats.malformed;
            return true;
        }
        if (over == transport::tcp && found->state != listening) {
            return false;
        }
        const bool is_client =
            over == transport::udp && (found->state != unconnected || ephemeral_.contains(found->local_port));
        if (found->local_port != 0 && !is_client) {
            into_.add(inode, found->local_port, over);
            ++stats.bindings;
        }
        return true;
    }

    port_bindings& into_;
    port_range ephemeral_;
    walk_limits limits_;
    std::unordered_set<std::uint32_t> seen_;
    std::array<char, 32768> block_{};
};

bool is_number(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<socket_line> parse_socket_line(std::string_view line) noexcept {
    socket_line found;
    const std::string_view number = next_word(line);
    if (number.empty() || number.back() != ':' || !read_port(next_word(line), found.local_port) ||
        !read_port(next_word(line), found.remote_port) || !read_hex(next_word(line), found.state)) {
        return std::nullopt;
    }
    return found;
}

std::optional<std::uint32_t> parse_namespace_link(std::string_view text) noexcept {
    constexpr std::string_view prefix = "net:[";
    if (!text.starts_with(prefix) || !text.ends_with(']')) {
        return std::nullopt;
    }
    text = text.substr(prefix.size(), text.size() - prefix.size() - 1);
    std::uint32_t inode = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), inode);
    if (fault != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return inode;
}

walk_stats seed_bindings(port_bindings& into, const std::string& proc_root, const port_range& ephemeral,
                         const walk_limits& limits) {
    const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir(proc_root.c_str()), &::closedir);
    walk going(into, ephemeral, limits);
    if (!processes) {
        ++going.stats.unreadable;
        return going.stats;
    }
    std::size_t count = 0;
    while (const dirent* found = ::readdir(processes.get())) {
        if (!is_number(found->d_name)) {
            continue;
        }
        if (++count > limits.processes || !going.visit(proc_root + "/" + found->d_name)) {
            going.stats.is_cut = true;
            break;
        }
    }
    return going.stats;
}

}  // namespace sonde::ebpf::connection
