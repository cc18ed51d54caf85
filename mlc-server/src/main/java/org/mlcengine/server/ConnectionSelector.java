package org.mlcengine.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Set;

/** Takes every connection as one of HTTP/1.1, and watches over it. */
final class ConnectionSelector implements ServerConnectionSelector {
  private final Http1ConnectionSelector http;
  private final ServerLimits limits;
  private final Deadlines deadlines;
  private final ServerMetrics metrics;

  ConnectionSelector(ServerLimits limits, Deadlines deadlines, ServerMetrics metrics) {
    this.limits = limits;
    this.deadlines = deadlines;
    this.metrics = metrics;
    http =
        Http1ConnectionSelector.builder()
            .config(
                Http1Config.builder()
                    .maxHeadersSize(limits.maxHeaderBytes())
                    .maxPrologueLength(limits.maxHeaderBytes())
                    .build())
            .build();
  }

  @Override
  public int bytesToIdentifyConnection() {
    return 0;
  }

  @Override
  public Support supports(BufferData data) {
    return Support.SUPPORTED;
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    return new ClientConnection(context, http, limits, deadlines, metrics);
  }
}
