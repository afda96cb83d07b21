FROM alpine AS build
RUN echo built > /built
FROM alpine
COPY --link a /spool/a
COPY --link --from=build /built /built
COPY --link --chmod=755 b c /more/
ADD --link src /src
