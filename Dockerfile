# The browser libraries, from the lock.
FROM node:22-slim AS browser
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=optional

# Python packages by hash, and the static files with hashed names.
FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY bootstrap.txt requirements.txt ./
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r bootstrap.txt \
    && /venv/bin/uv pip install --no-cache --compile-bytecode --python /venv/bin/python --require-hashes -r requirements.txt \
    && /venv/bin/uv pip uninstall --python /venv/bin/python uv
COPY . .
COPY --from=browser /build/node_modules node_modules
# The values are for this step only: collecting files needs a start, and a start refuses weak ones.
RUN /venv/bin/python vendor.py node_modules build/vendor vendor.json \
    && rm -rf node_modules \
    && DJANGO_SETTINGS_MODULE=config.settings.production \
       SECRET_KEY="$(/venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(60))')" \
       SITE_URL=https://build.invalid REDIS_URL=redis://build.invalid EMAIL_URL=dummymail:// \
       BALLAST_VAR=/tmp/var /venv/bin/python manage.py collectstatic --no-input

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    BALLAST_VAR=/var/lib/ballast
RUN groupadd --system --gid 10001 ballast \
    && useradd --system --uid 10001 --gid ballast --no-create-home ballast \
    && install -d -o ballast -g ballast /var/lib/ballast
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER ballast
VOLUME /var/lib/ballast
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--threads", "4"]
