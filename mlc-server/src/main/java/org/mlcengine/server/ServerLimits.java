package org.mlcengine.server;

import java.time.Duration;
import org.mlcengine.errors.InvalidRequestException;

/**
 * What a server takes from its clients.
 *
 * @param maxBodyBytes the largest body of a request
 * @param maxHeaderBytes the longest request line, and the longest headers together
 * @param maxMessages the most messages of a chat request
 * @param maxConnections the most connections at once; more wait to be accepted
 * @param receiveTimeout how long a request may take to arrive, from its first byte to its last
 * @param requestTimeout how long a reply may take, the wait in the queue included
 */
public record ServerLimits(
    long maxBodyBytes,
    int maxHeaderBytes,
    int maxMessages,
    int maxConnections,
    Duration receiveTimeout,
    Duration requestTimeout) {

  /**
   * The limits of a server that is told none: 4 MiB of body, 16 KiB of headers, 2,048 messages,
   * 1,024 connections, 30 seconds to arrive and 30 minutes to be answered.
   */
  public static final ServerLimits DEFAULT =
      new ServerLimits(
          4 << 20, 16 << 10, 2048, 1024, Duration.ofSeconds(30), Duration.ofMinutes(30));

  /**
   * Checks the limits.
   *
   * @throws InvalidRequestException if one is not positive
   */
  public ServerLimits {
    requirePositive("maxBodyBytes", maxBodyBytes);
    requirePositive("maxHeaderBytes", maxHeaderBytes);
    requirePositive("maxMessages", maxMessages);
    requirePositive("maxConnections", maxConnections);
    requirePositive("receiveTimeout", receiveTimeout.toMillis());
    requirePositive("requestTimeout", requestTimeout.toMillis());
  }

  private static void requirePositive(String name, long value) {
    if (value <= 0) {
      throw new InvalidRequestException(name, "expected more than 0, found " + value + ".");
    }
  }

  /** Returns the same limits with another largest body. */
  public ServerLimits withMaxBodyBytes(long bytes) {
    return new ServerLimits(
        bytes, maxHeaderBytes, maxMessages, maxConnections, receiveTimeout, requestTimeout);
  }

  /** Returns the same limits with other longest headers. */
  public ServerLimits withMaxHeaderBytes(int bytes) {
    return new ServerLimits(
        maxBodyBytes, bytes, maxMessages, maxConnections, receiveTimeout, requestTimeout);
  }

  /** Returns the same limits with another number of messages. */
  public ServerLimits withMaxMessages(int count) {
    return new ServerLimits(
        maxBodyBytes, maxHeaderBytes, count, maxConnections, receiveTimeout, requestTimeout);
  }

  /** Returns the same limits with another number of connections. */
  public ServerLimits withMaxConnections(int count) {
    return new ServerLimits(
        maxBodyBytes, maxHeaderBytes, maxMessages, count, receiveTimeout, requestTimeout);
  }

  /** Returns the same limits with another time for requests to arrive. */
  public ServerLimits withReceiveTimeout(Duration time) {
    return new ServerLimits(
        maxBodyBytes, maxHeaderBytes, maxMessages, maxConnections, time, requestTimeout);
  }

  /** Returns the same limits with another time for replies. */
  public ServerLimits withRequestTimeout(Duration time) {
    return new ServerLimits(
        maxBodyBytes, maxHeaderBytes, maxMessages, maxConnections, receiveTimeout, time);
  }
}
