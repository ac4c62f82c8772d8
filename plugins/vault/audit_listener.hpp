// SPDX-License-Identifier: Apache-2.0
// Takes entries from socket audit devices: one JSON object per line. Vault waits for whoever takes its entries, so
// nobody here makes it wait for long: entries for which the lane has no room for a second are given up and counted.
// Nothing is ever sent. One descriptor for all sockets. Used by the data thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <sonde/host.hpp>

#include "common/part_state.hpp"
#include "vault/audit_sink.hpp"
#include "vault/entry_stream.hpp"
#include "vault/listen_socket.hpp"

namespace sonde::vault {

class audit_listener {
public:
    audit_listener(const host& on, const audit_options& of, const meters& counted, audit_sink& to);

    void start();
    void turn();
    // Takes what has arrived already.
    void finish();

    // -1 while there is nothing to wait for.
    [[nodiscard]] int fd() const noexcept { return epoll_ ? epoll_.number() : -1; }
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept;
    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }
    // Where it listens, with the ports that were given.
    [[nodiscard]] std::vector<std::string> addresses() const;
    [[nodiscard]] std::size_t connections() const noexcept { return connections_.size(); }

private:
    struct connection {
        connection(collecting::descriptor of, std::size_t limit) : fd(std::move(of)), lines(limit) {}
        collecting::descriptor fd;
        entry_stream lines;
        bool is_held = false;  // it is not read until its last line has found room
    };
    struct place {
        listen_address wanted;
        std::unique_ptr<listen_socket> socket;  // null: it is tried again
        std::string complaint;
    };

    void open_sockets();
    void accept(int from);
    // False when the connection has ended.
    [[nodiscard]] bool read(connection& from);
    void hold(connection& of);
    void release_held();
    [[nodiscard]] bool watch(int fd) const;
    void pause(int socket);
    void judge();

    host host_;
    const audit_options* of_;
    const meters* meters_;
    audit_sink* to_;
    collecting::descriptor epoll_;
    std::vector<place> places_;
    std::vector<std::unique_ptr<connection>> connections_;
    std::size_t held_ = 0;
    std::chrono::nanoseconds gives_up_at_ = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds opens_at_ = std::chrono::nanoseconds::max();
    common::part_state state_;
};

}  // namespace sonde::vault
