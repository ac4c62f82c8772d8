// SPDX-License-Identifier: Apache-2.0
// The collector against a server that speaks Docker's interface over a unix socket.
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "live.hpp"

namespace sonde::container {
namespace {

// One connection at a time per thread; /events stays open and gets what is pushed.
class docker_engine_server {
public:
    explicit docker_engine_server(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        ::unlink(path.c_str());
        EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(socket_, 16), 0);
        acceptor_ = std::thread([this] { accept_all(); });
    }
    ~docker_engine_server() {
        ::shutdown(socket_, SHUT_RDWR);
        acceptor_.join();
        {
            const std::lock_guard lock(mutex_);
            for (const int fd : open_) {
                ::shutdown(fd, SHUT_RDWR);
            }
        }
        for (std::thread& each : threads_) {
            each.join();
        }
        ::close(socket_);
    }
    docker_engine_server(const docker_engine_server&) = delete;
    docker_engine_server& operator=(const docker_engine_server&) = delete;

    void set(const std::string& path, const std::string& body) {
        const std::lock_guard lock(mutex_);
        pages_[path] = body;
    }
    // False while nobody listens to events.
    bool push(const std::string& line) {
        const std::lock_guard lock(mutex_);
        if (events_ < 0) {
            return false;
        }
        const std::string chunk = chunk_of(line + "\n");
        return ::send(events_, chunk.data(), chunk.size(), MSG_NOSIGNAL) > 0;
    }

private:
    static std::string chunk_of(const std::string& text) {
        char size[20];
        std::snprintf(size, sizeof size, "%zx\r\n", text.size());
        return size + text + "\r\n";
    }
    void accept_all() {
        for (int fd = 0; (fd = ::accept(socket_, nullptr, nullptr)) >= 0;) {
            const std::lock_guard lock(mutex_);
            open_.push_back(fd);
            threads_.emplace_back([this, fd] { serve(fd); });
        }
    }
    void serve(int fd) {
        std::string in;
        char piece[4096];
        for (ssize_t got = 0; (got = ::recv(fd, piece, sizeof piece, 0)) > 0;) {
            in.append(piece, static_cast<std::size_t>(got));
            for (std::size_t end = 0; (end = in.find("\r\n\r\n")) != std::string::npos; in.erase(0, end + 4)) {
                const std::string path = in.substr(4, in.find(' ', 4) - 4);
                answer(fd, path);
            }
        }
        const std::lock_guard lock(mutex_);
        events_ = events_ == fd ? -1 : events_;
        std::erase(open_, fd);
        ::close(fd);
    }
    void answer(int fd, const std::string& path) {
        const std::lock_guard lock(mutex_);
        std::string out;
        if (path.starts_with("/events")) {
            out = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            events_ = fd;
        } else if (const auto page = pages_.find(path); page != pages_.end()) {
            out =
                "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(page->second.size()) + "\r\n\r\n" + page->second;
        } else {
            out = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        }
        EXPECT_GT(::send(fd, out.data(), out.size(), MSG_NOSIGNAL), 0);
    }

    int socket_;
    std::mutex mutex_;
    std::map<std::string, std::string> pages_;
    std::vector<int> open_;
    int events_ = -1;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

class DockerServer : public LiveCollector {
protected:
    DockerServer() {
        files.make("run");
        serve();
    }
    void serve() {
        server.reset();
        server.emplace(files.path() + "/run/docker.sock");
        server->set("/version", R"({"Version":"24.0.1","Components":[{"Name":"Engine"}]})");
    }
    void set(const std::string& state) {
        server->set("/containers/json?all=1", R"([{"Id":")" + id_a + R"("}])");
        server->set("/containers/" + id_a + "/json",
                    R"({"Id":")" + id_a + R"(","Name":"/web","State":)" + state +
                        R"(,"Config":{"Image":"nginx:1"},"NetworkSettings":{"Networks":{
                                                         "bridge":{"IPAddress":"172.17.0.2"}}}})");
    }
    void launch_docker() {
        launch({{"cgroups", "false"}, {"containerd", "false"}, {"cri", "false"}, {"state_files", "false"}});
        ASSERT_TRUE(wait_source("docker.sock", "docker 24.0.1, tells events"));
    }
    void push(const std::string& action, const std::string& attributes = "{}") {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (!server->push(R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":")" + id_a +
                             R"(","Attributes":)" + attributes + R"(},"timeNano":5})") &&
               std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(10ms);
        }
    }

    const std::string running = R"({"Running":true,"Pid":0,"StartedAt":"2023-06-01T12:00:00Z"})";
    const std::string ended =
        R"({"Running":false,"ExitCode":3,"StartedAt":"2023-06-01T12:00:00Z","FinishedAt":"2023-06-01T12:00:09Z"})";
    std::optional<docker_engine_server> server;
};

TEST_F(DockerServer, a_container_is_told_through_its_life) {
    set(running);
    launch_docker();
    const auto started = wait_for(id_a, told::ACTION_STARTED);
    ASSERT_TRUE(started);
    EXPECT_EQ(started->container().name(), "web");
    EXPECT_EQ(started->container().image_name(), "nginx");
    EXPECT_EQ(started->container().runtime(), "docker");
    EXPECT_EQ(started->ip_addresses_size(), 1);
    set(ended);
    push("die", R"({"exitCode":"3"})");
    const auto exited = wait_for(id_a, told::ACTION_EXITED);
    ASSERT_TRUE(exited);
    EXPECT_EQ(exited->container().exit_code(), 3);
    push("destroy");
    EXPECT_TRUE(wait_for(id_a, told::ACTION_DELETED));
}

TEST_F(DockerServer, one_that_comes_later_is_inspected) {
    server->set("/containers/json?all=1", "[]");
    launch_docker();
    set(running);
    push("start");
    EXPECT_TRUE(wait_for(id_a, told::ACTION_STARTED));
}

TEST_F(DockerServer, what_went_while_the_engine_was_away_is_forgotten) {
    set(running);
    launch_docker();
    ASSERT_TRUE(wait_for(id_a, told::ACTION_STARTED));
    serve();
    server->set("/containers/json?all=1", "[]");
    EXPECT_TRUE(wait_for(id_a, told::ACTION_DELETED));
    EXPECT_EQ(count(id_a, told::ACTION_STARTED), 1u);
    EXPECT_GE(host.metrics.value("container.source.failures", {{"source", "docker"}}), 1);
}

}  // namespace
}  // namespace sonde::container
