// SPDX-License-Identifier: Apache-2.0
// A real gRPC server on a unix socket whose methods are answered by a function of the test, message by message as
// bytes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::testing {

class grpc_test_server {
public:
    struct answer {
        std::vector<std::string> messages;
        int status = 0;  // as in the protocol
        std::string text;
        bool stays_open = false;  // until the client leaves or close_streams
    };
    // Called on the server's threads, with the metadata of the call.
    using handler = std::function<answer(const std::string& method, const std::string& request,
                                         const std::multimap<std::string, std::string>& headers)>;

    grpc_test_server(std::string socket, handler answers);
    ~grpc_test_server();
    grpc_test_server(const grpc_test_server&) = delete;
    grpc_test_server& operator=(const grpc_test_server&) = delete;

    // One more message to all open streams of a method; how many there are.
    std::size_t push(std::string_view method, const std::string& message);
    [[nodiscard]] const std::string& socket() const { return socket_; }

private:
    struct state;
    std::string socket_;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::testing
