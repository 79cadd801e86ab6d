from django.urls import path

from assets.api import assets, claims, placements, readings, uploads, variants

urlpatterns = [
    path("uploads/", uploads.all_uploads, name="api-uploads"),
    path("uploads/<uuid:pk>/", uploads.upload, name="api-upload"),
    path("uploads/<uuid:pk>/complete/", uploads.upload_complete, name="api-upload-complete"),
    path("items/<str:key>/assets/", assets.item_assets, name="api-item-assets"),
    path("assets/", assets.asset_list, name="api-assets"),
    path("assets/<int:pk>/", assets.asset, name="api-asset"),
    path("assets/<int:pk>/versions/", assets.asset_versions, name="api-asset-versions"),
    path("versions/<int:pk>/", assets.version, name="api-version"),
    path("versions/<int:pk>/previews/", assets.version_previews, name="api-version-previews"),
    path("versions/<int:pk>/claims/", claims.version_claims, name="api-version-claims"),
    path(
        "versions/<int:pk>/claims/sign/", claims.version_claims_sign, name="api-version-claims-sign"
    ),
    path("claims/<int:pk>/", claims.claim, name="api-claim"),
    path("assets/<int:pk>/differences/", assets.asset_differences, name="api-asset-differences"),
    path("versions/<int:pk>/content/", assets.version_content, name="api-version-content"),
    path("assets/<int:pk>/placements/", placements.asset_placements, name="api-asset-placements"),
    path("placements/", placements.placement_list, name="api-placements"),
    path("placements/<int:pk>/", placements.placement, name="api-placement"),
    path("placements/<int:pk>/end/", placements.placement_end, name="api-placement-end"),
    path(
        "placements/<int:pk>/deployments/",
        placements.placement_deployments,
        name="api-placement-deployments",
    ),
    path(
        "placements/<int:pk>/roll-back/",
        placements.placement_roll_back,
        name="api-placement-roll-back",
    ),
    path(
        "placements/<int:pk>/check-in/",
        placements.placement_check_in,
        name="api-placement-check-in",
    ),
    path(
        "placements/<int:pk>/check-in/file/",
        placements.placement_check_in_file,
        name="api-placement-check-in-file",
    ),
    path("drift/", placements.drift_report, name="api-drift"),
    path("replacements/", placements.replacement_list, name="api-replacements"),
    path("replacements/<int:pk>/", placements.replacement, name="api-replacement"),
    path(
        "replacements/<int:pk>/item/", placements.replacement_to_item, name="api-replacement-item"
    ),
    path("replacements/<int:pk>/drop/", placements.replacement_drop, name="api-replacement-drop"),
    path("publish/", placements.bulk_publish, name="api-publish"),
    path("versions/<int:pk>/publish/", placements.version_publish, name="api-version-publish"),
    path(
        "versions/<int:pk>/unpublish/", placements.version_unpublish, name="api-version-unpublish"
    ),
    path("versions/<int:pk>/retire/", placements.version_retire, name="api-version-retire"),
    path("versions/<int:pk>/unretire/", placements.version_unretire, name="api-version-unretire"),
    path("metrics/", readings.metric_list, name="api-metrics"),
    path("metrics/<int:pk>/retire/", readings.metric_retire, name="api-metric-retire"),
    path("readings/", readings.reading_list, name="api-readings"),
    path("readings/<int:pk>/", readings.reading, name="api-reading"),
    path("readings/<int:pk>/withdraw/", readings.reading_withdraw, name="api-reading-withdraw"),
    path("readings/<int:pk>/restore/", readings.reading_restore, name="api-reading-restore"),
    path("assets/<int:pk>/targets/", readings.asset_targets, name="api-asset-targets"),
    path("targets/<int:pk>/", readings.target, name="api-target"),
    path("assets/<int:pk>/comparison/", readings.asset_comparison, name="api-asset-comparison"),
    path("assets/<int:pk>/variants/", variants.asset_variants, name="api-asset-variants"),
    path("assets/<int:pk>/variant/", variants.asset_variant, name="api-asset-variant"),
    path(
        "assets/<int:pk>/variant/confirm/",
        variants.asset_variant_confirm,
        name="api-asset-variant-confirm",
    ),
]
